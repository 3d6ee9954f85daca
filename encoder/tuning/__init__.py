"""An encoder learns from the passages of one index, and is kept if it is better for it."""
