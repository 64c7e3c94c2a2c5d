"""lhredis: a durable workflow engine and task dispatcher on Redis or Valkey."""

__version__ = "0.1.0"
