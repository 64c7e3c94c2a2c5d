"""entrypoint: where every ThreadRun starts; done at once, like a NOP."""

from lhredis.engine.nodes.nop import arrive, check, compile, has_output

__all__ = ["arrive", "check", "compile", "has_output"]
