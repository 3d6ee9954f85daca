"""The ingest pipeline as a model: its stages are measured, how they wait for each other is simulated."""
