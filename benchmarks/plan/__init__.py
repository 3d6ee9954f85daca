"""What the plan for large collections is computed from, and how it is written."""
