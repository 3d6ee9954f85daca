"""Models that are known by name: where they are published, fetched, checked, and what they need."""
