"""Tell the person in front of the terminal what takes its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

console = Console(stderr=True, highlight=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show TITLE while the body runs, and how many seconds it took when it is done."""
    start = time.monotonic()
    with console.status(f"{escape(title)} ..."):
        if not console.is_terminal:
            console.print(f"{escape(title)} ...")
        yield
    console.print(f"[green]done[/green] {escape(title)} [dim]{time.monotonic() - start:.1f} s[/dim]")
