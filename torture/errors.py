"""What can come of torture."""

from __future__ import annotations


class TortureError(Exception):
    """The module did not stand it. The text says what was found, and how to do the same again."""
