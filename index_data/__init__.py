"""What an index keeps: the records that travel, the errors, the rows and the vectors."""
