"""Networks that turn token ids into token vectors, and what they are made of."""
