"""Runs the command line as `python -m lhredis`."""

from lhredis.cli.main import app

app(prog_name="lhredis")
