"""Debian's mirrors are found in apt's sources, in both their formats, and third parties are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from vm import sources
from vm.errors import VmError
from vm.sources import Source

KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEB822 = f"""\
Types: deb
# a comment in between
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: {KEY}

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sources, "host_codename", lambda: "bookworm")
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def add(apt: Path, name: str, text: str) -> None:
    (apt / "sources.list.d" / name).write_text(text)


def test_deb822_sources_are_read(apt: Path) -> None:
    add(apt, "debian.sources", DEB822)
    assert sources.debian("bookworm", apt) == (
        Source("http://mirror.example/debian", "bookworm", KEY),
        Source("http://mirror.example/debian", "bookworm-updates", KEY),
        Source("http://mirror.example/debian-security", "bookworm-security"),
    )


def test_one_line_sources_are_read(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://old.example/debian bookworm main\n"
        f"deb [arch=amd64 signed-by={KEY}] http://mirror.example/debian bookworm main contrib # ours\n"
        "deb-src http://mirror.example/debian bookworm main\n"
    )
    assert sources.debian("bookworm", apt) == (Source("http://mirror.example/debian", "bookworm", KEY),)


@pytest.mark.parametrize(
    "line",
    [
        "deb [signed-by=/etc/apt/keyrings/other.gpg] http://other.example/debian bookworm main",
        "deb http://other.example/debian bookworm stable",
        "deb http://other.example/debian bookworm-pgdg main",
    ],
)
def test_third_parties_are_left_alone(apt: Path, line: str) -> None:
    add(apt, "debian.sources", DEB822)
    before = sources.debian("bookworm", apt)
    add(apt, "other.list", line + "\n")
    assert sources.debian("bookworm", apt) == before


@pytest.mark.parametrize("name", ["debian.sources.disabled", "debian.sources~"])
def test_files_that_apt_ignores_are_ignored(apt: Path, name: str) -> None:
    add(apt, name, DEB822)
    with pytest.raises(VmError, match="no source of Debian bookworm"):
        sources.debian("bookworm", apt)


def test_a_disabled_source_is_ignored(apt: Path) -> None:
    add(apt, "debian.sources", "Enabled: no\n" + DEB822.split("\n\n", maxsplit=1)[0])
    with pytest.raises(VmError, match="no source of Debian bookworm"):
        sources.debian("bookworm", apt)


def test_another_suite_comes_from_the_same_mirror(apt: Path) -> None:
    add(apt, "debian.sources", DEB822)
    assert [source.suite for source in sources.debian("trixie", apt)] == ["trixie", "trixie-updates", "trixie-security"]
