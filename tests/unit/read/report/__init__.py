"""What stat, top and report show."""
