-- What Redis gives to a script: Lua 5.1 without the world around it.
std = "lua51"
read_globals = {"redis", "KEYS", "ARGV"}
not_globals = {"debug", "dofile", "io", "loadfile", "module", "os", "package", "print", "require"}
max_line_length = 110
