"""Text records."""
