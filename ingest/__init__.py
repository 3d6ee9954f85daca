"""A folder of documents becomes passages and vectors in an index."""
