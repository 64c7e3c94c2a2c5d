"""benchmarks: what lhredis does in a second, a millisecond and a kilobyte, on real processes."""
