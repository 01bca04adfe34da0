"""Showing syscord at work."""
