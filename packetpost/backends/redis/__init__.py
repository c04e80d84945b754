"""Facts and signals in Redis, for several processes."""
