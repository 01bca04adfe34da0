"""Every field of every handler, and hostile input: the programs say what their records must be, line by line."""

from __future__ import annotations

import pytest

from tests.guest.promises import Promise, Thread, between_marks, by_thread, names, read, settle
from tests.guest.recorder import PROGRAMS, Recorder, in_machine
from tests.guest.shop import Shop

DEFAULT = 256
ALL = [name for source in sorted(PROGRAMS.rglob("*.c")) for name in names(source)]
OF_CONTENT = names(PROGRAMS / "content.c")


class Kept:
    """What the promises of one run were, and what was recorded meanwhile."""

    def __init__(self, promises: dict[str, Promise], recorded: dict[Thread, list[str]]) -> None:
        self.promises = promises
        self.recorded = recorded

    def check(self, name: str) -> None:
        """Compare one promise with the record."""
        if name not in self.promises:
            pytest.skip("this architecture has no such syscall")
        promise = self.promises[name]
        assert not promise.troubles
        for who, expected in promise.expected.items():
            recorded = between_marks(self.recorded.get(who, []))
            assert recorded == settle(expected, recorded)


def keep(recorder: Recorder, content: int, only: list[str]) -> Kept:
    """Run promises, all if none is named, with the module loaded."""
    output = recorder.during(f"./programs promises {content} {' '.join(only)}", f"content={content}")
    return Kept(read(output), by_thread(recorder.lines()))


@pytest.fixture(scope="session")
def kept(shop: Shop, goods: bytes) -> Kept:
    """All promises, recorded with the module's default options."""
    return keep(in_machine(shop.fresh(), goods), DEFAULT, [])


@pytest.fixture(scope="session", params=[0, 1, 65536])
def kept_with_content(request: pytest.FixtureRequest, shop: Shop, goods: bytes) -> Kept:
    """The promises on content, recorded with other settings of it."""
    return keep(in_machine(shop.fresh(), goods), request.param, OF_CONTENT)


@pytest.mark.parametrize("name", ALL)
def test_the_record_is_as_promised(kept: Kept, name: str) -> None:
    kept.check(name)


@pytest.mark.parametrize("name", OF_CONTENT)
def test_content_is_cut_where_the_user_wants(kept_with_content: Kept, name: str) -> None:
    kept_with_content.check(name)
