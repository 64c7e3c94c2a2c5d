"""grpc: LittleHorse's public service, so that its clients run against lhredis unchanged.

Needs the extra `grpc`. All work is done by the handlers of lhredis/api: a message becomes the JSON of the
HTTP API, the answer's JSON becomes a message.
"""
