"""What the benchmarks of the encoder are made of."""
