"""One reader per kind of file: bytes in, text with its pages and headings out."""
