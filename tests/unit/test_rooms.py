"""The house is as docs/architecture.md says: what its rooms import, include and call, and no circles.

The table there is what counts. ``tests/rooms`` reads it and the tree; ``test_rooms_check.py`` shows that it finds what
is wrong. A failing test says where, what, and what to do.
"""

from __future__ import annotations

import pytest

from devtools.paths import ROOT
from tests.rooms.house import House

#: Folders with C programs.
PROGRAMS = ("kmod_templates", "bench", "tests", "torture", "vm")


@pytest.fixture(scope="module")
def house() -> House:
    """This tree."""
    return House(ROOT)


def test_the_table_is_sound(house: House) -> None:
    assert house.bad_rows() == []


def test_every_file_is_in_a_room(house: House) -> None:
    assert house.homeless() == []


def test_rooms_import_only_what_the_table_allows(house: House) -> None:
    assert house.forbidden(house.imports) == []


def test_rooms_include_only_what_the_table_allows(house: House) -> None:
    assert house.forbidden(house.includes) == []


def test_rooms_use_only_functions_and_variables_of_rooms_that_the_table_allows(house: House) -> None:
    assert house.forbidden(house.uses) == []


def test_every_room_uses_what_the_table_lets_it_use(house: House) -> None:
    assert house.unused() == []


def test_every_include_is_found(house: House) -> None:
    assert house.not_found() == []


def test_the_modules_names_are_nobody_elses(house: House) -> None:
    assert house.unprefixed() == []


def test_no_python_files_import_each_other(house: House) -> None:
    assert house.circles_of_imports() == []


def test_no_c_files_include_each_other(house: House) -> None:
    assert house.circles_of_includes() == []


@pytest.mark.parametrize("folder", PROGRAMS)
def test_no_c_files_call_each_other(house: House, folder: str) -> None:
    assert house.circles_of_calls(folder) == []
