"""e2e: real processes, killed."""
