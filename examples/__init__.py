"""examples: small programs that run, each also a test in tests/e2e."""
