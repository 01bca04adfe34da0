"""Sums over a recording of any length, in memory that does not grow with it: what stat, top and report show."""
