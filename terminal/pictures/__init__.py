"""Pages for a browser that show what an index holds; each is one file and asks the network for nothing."""
