"""Models behind a server; nothing here loads torch."""
