"""Other ways to search the same folder, each in an environment of its own."""
