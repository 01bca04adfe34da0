"""The reader, by its rooms."""
