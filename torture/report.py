"""What a run did: a table for the terminal, and the same as a page, from which the docs' figures are copied."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from rich.table import Table

from vm.progress import console


@dataclass
class Report:
    """What was done so far, in which kernel, by which command."""

    again: str
    version: str
    path: Path
    done: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    races: list[str] = field(default_factory=list)
    start: float = field(default_factory=monotonic)

    def write(self, fault: str = "") -> None:
        """Print the table, and write the page; FAULT is what ended the run."""
        self._print()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.page(fault))
        console.print(f"the table as a page: {self.path}")

    def page(self, fault: str = "") -> str:
        """All of it, as Markdown."""
        minutes = (monotonic() - self.start) / 60
        lines = [
            f"`{self.again}`, Linux {self.version}, {minutes:.0f} minutes in all: "
            + (f"ended by a fault: {fault}" if fault else "passed"),
            "",
            "| what | count |",
            "| --- | ---: |",
            *(f"| {name} | {count:,} |" for name, count in self.done.items()),
        ]
        if self.left_out:
            lines += ["", "Left out:", "", *(f"- {each}" for each in self.left_out)]
        if self.races:
            lines += ["", "Data races of the kernel's own, none of whose two functions is the module's:", ""]
            lines += [f"- {count} times: `{race}`" for race, count in Counter(self.races).most_common()]
        return "\n".join(lines) + "\n"

    def _print(self) -> None:
        table = Table(title="Torture", title_justify="left")
        table.add_column("what")
        table.add_column("count", justify="right")
        for name, count in self.done.items():
            table.add_row(name, f"{count:,}")
        console.print(table)
