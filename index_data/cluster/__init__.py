"""An index whose vectors and words are in Milvus, and whose rows may be in PostgreSQL."""
