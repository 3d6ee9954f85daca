"""The engine for other programs: one list of operations, whatever protocol they come by."""
