"""Debian's mirror, as this host's own apt sources name it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vm.errors import VmError

APT = Path("/etc/apt")
POCKETS = ("", "-updates", "-security")


@dataclass(frozen=True)
class Source:
    """One place that packages come from."""

    uri: str
    suite: str
    signed_by: str = ""

    def stanza(self) -> str:
        """The source in apt's deb822 format, main component only."""
        signed = f"Signed-By: {self.signed_by}\n" if self.signed_by else ""
        return f"Types: deb\nURIs: {self.uri}\nSuites: {self.suite}\nComponents: main\n{signed}"


def debian(suite: str, apt: Path = APT) -> tuple[Source, ...]:
    """The sources of SUITE ('bookworm'), its updates and security pockets, from the mirrors the host uses.

    Other suites than the host's own are taken from the same mirrors. Raises VmError where the host names none.
    """
    codename = host_codename()
    wanted = {codename + pocket: suite + pocket for pocket in POCKETS}
    found = dict.fromkeys(
        Source(source.uri, wanted[source.suite], source.signed_by)
        for source in _all(apt)
        if source.suite in wanted and _is_debian(source)
    )
    if not found:
        raise VmError(f"{apt}: no source of Debian {codename} (main) here: add one, then run this again")
    return tuple(found)


def _is_debian(source: Source) -> bool:
    """Whether Debian itself signs SOURCE: third parties use the suite names too, but a key of their own."""
    return not source.signed_by or "debian-archive" in source.signed_by


def _all(apt: Path) -> Iterator[Source]:
    parts = sorted((apt / "sources.list.d").glob("*"))
    for path in [apt / "sources.list", *parts]:
        if path.suffix == ".list" and path.is_file():
            yield from _one_line(path.read_text())
        elif path.suffix == ".sources":
            yield from _deb822(path.read_text())


def _one_line(text: str) -> Iterator[Source]:
    """Sources of the form `deb [signed-by=KEY] URI SUITE COMPONENT...`."""
    for line in text.splitlines():
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        options, rest = _options(rest.strip())
        words = rest.split()
        if kind == "deb" and len(words) > 2 and "main" in words[2:]:
            yield Source(words[0], words[1], options.get("signed-by", ""))


def _options(rest: str) -> tuple[dict[str, str], str]:
    if not rest.startswith("["):
        return {}, rest
    inside, _, rest = rest[1:].partition("]")
    return dict(pair.split("=", 1) for pair in shlex.split(inside) if "=" in pair), rest


def _deb822(text: str) -> Iterator[Source]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in "\n".join(lines).split("\n\n"):
        fields = _fields(paragraph)
        usable = "deb" in fields.get("types", "").split() and fields.get("enabled", "yes") != "no"
        if usable and "main" in fields.get("components", "").split():
            for uri in fields["uris"].split():
                for suite in fields["suites"].split():
                    yield Source(uri, suite, fields.get("signed-by", ""))


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line[:1].isspace():
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.lower()
            fields[name] = value.strip()
    return fields


def host_codename() -> str:
    """The name of the host's Debian release, 'bookworm' for Debian 12."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise VmError("/etc/os-release names no VERSION_CODENAME: this host is not a released Debian")
