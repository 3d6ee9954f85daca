"""What `check` looks at: one module for each kind of thing that an index keeps."""
