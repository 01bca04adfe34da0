"""Every field of every handler, and hostile input: the programs say what their records must be, line by line."""

from __future__ import annotations

import pytest

from tests.guest.machines import Machines
from tests.guest.promises import Promise, Thread, between_marks, by_thread, names, read, settle
from tests.guest.recorder import PROGRAMS, Recorder

DEFAULT = 256
ALL = [name for source in sorted(PROGRAMS.rglob("*.c")) for name in names(source)]
OF_CONTENT = names(PROGRAMS / "content.c")


class Recording:
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


def record_promises(recorder: Recorder, content: int, only: list[str]) -> Recording:
    """Run promises, all if none is named, with the module loaded."""
    output = recorder.during(f"./programs promises {content} {' '.join(only)}", f"content={content}")
    return Recording(read(output), by_thread(recorder.lines()))


@pytest.fixture(scope="session")
def recording(machines: Machines, payload: bytes) -> Recording:
    """All promises, recorded with the module's default options."""
    return record_promises(Recorder(machines.with_files(payload)), DEFAULT, [])


@pytest.fixture(scope="session", params=[0, 1, 65536])
def recording_with_content(request: pytest.FixtureRequest, machines: Machines, payload: bytes) -> Recording:
    """The promises on content, recorded with other settings of it."""
    return record_promises(Recorder(machines.with_files(payload)), request.param, OF_CONTENT)


@pytest.mark.parametrize("name", ALL)
def test_the_record_is_as_promised(recording: Recording, name: str) -> None:
    recording.check(name)


@pytest.mark.parametrize("name", OF_CONTENT)
def test_content_is_cut_where_the_user_wants(recording_with_content: Recording, name: str) -> None:
    recording_with_content.check(name)
