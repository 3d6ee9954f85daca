"""Any causal Gemma 3 or Qwen 3 becomes an encoder: attention both ways, hidden tokens, pairs of texts."""
