"""Sums over a recording."""
