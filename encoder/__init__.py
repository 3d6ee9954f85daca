"""Text to numbers: encoders, their weights and their devices; knows no files of the user and no storage."""
