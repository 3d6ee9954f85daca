"""Reading and embedding on the machines of a Ray cluster; the index stays where the ingest was started."""
