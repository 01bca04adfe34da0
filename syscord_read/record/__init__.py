"""The text record, read back."""
