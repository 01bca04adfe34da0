"""What is in the cache is whole, made once, and made again when what it is made from changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vm import cache

MAKER = """
import os, sys
from vm import cache

def make(making):
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, b"made\\n")
    (making / "file").write_text("whole")

print("ready", flush=True)
sys.stdin.read()
print((cache.get("things", "one", make) / "file").read_text())
"""


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_cache_stands_where_the_user_wants_it(tmp_path: Path) -> None:
    assert cache.root() == tmp_path / "syscord"


def test_a_thing_is_made_once() -> None:
    made: list[Path] = []
    assert cache.get("things", "one", made.append) == cache.get("things", "one", made.append)
    assert len(made) == 1


def test_a_failed_maker_leaves_nothing_to_be_found() -> None:
    def fail(making: Path) -> None:
        (making / "half").touch()
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        cache.get("things", "one", fail)
    made = cache.get("things", "one", lambda making: (making / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]


def test_two_processes_at_once_make_a_thing_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", MAKER, str(log)]
    makers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for maker in makers:
        assert maker.stdout
        assert maker.stdout.readline() == "ready\n"
    assert [maker.communicate(timeout=30)[0] for maker in makers] == ["whole\n"] * 4
    assert log.read_text() == "made\n"


def test_a_key_tells_apart_what_is_joined_differently() -> None:
    assert cache.key("ab", "c") != cache.key("a", "bc")


def test_a_key_follows_a_files_content(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe"
    recipe.write_text("one")
    before = cache.key(recipe)
    recipe.write_text("two")
    assert cache.key(recipe) != before


def test_what_was_just_made_stays_however_old_what_it_is_made_of() -> None:
    """A package that is unpacked sets the folder's time to that of its own making."""
    made = cache.get("things", "new", lambda making: os.utime(making, (0, 0)))

    assert made.exists()


def test_what_was_not_used_for_long_goes_when_something_is_made() -> None:
    old = cache.get("things", "old", lambda _: None)
    used = cache.get("things", "used", lambda _: None)
    for path in (old, used):
        os.utime(path, (0, 0))
    cache.get("things", "used", lambda _: None)

    cache.get("things", "new", lambda _: None)

    assert (old.exists(), used.exists()) == (False, True)
