"""What can go wrong while measuring."""

from __future__ import annotations


class BenchError(Exception):
    """Something could not be measured. The text says what, and what to do next."""
