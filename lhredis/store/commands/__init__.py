"""commands: one Python mirror per Lua script, of the same name."""
