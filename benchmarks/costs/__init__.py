"""What an index costs by its size: each act in a process of its own, and the law that it grows by."""
