"""What file descriptors stand for, after each of the calls that change it."""

from __future__ import annotations

from syscord_read.model.call import Call
from syscord_read.model.descriptors import AT_FDCWD, Descriptors
from tests.unit.read.strace_calls import call

CLOEXEC = 0o2000000


def after(*calls: Call, files: dict[int, bytes] | None = None) -> Descriptors:
    """The descriptors of process 7 after some calls."""
    descriptors = Descriptors({(0, 7): {AT_FDCWD: b"/home", **(files or {})}})
    for each in calls:
        descriptors.apply(each)
    return descriptors


def paths(descriptors: Descriptors, *fds: int, pid: int = 7) -> list[bytes | None]:
    return [descriptors.path(0, pid, fd) for fd in fds]


def opened(fd: int, path: bytes, folder: int = AT_FDCWD, flags: int = 0) -> Call:
    return call("openat", fd, dir=folder, path=path, flags=flags, mode=0)


def test_paths_are_made_absolute() -> None:
    steps = (opened(3, b"/etc"), opened(4, b"hosts", 3), opened(5, b"../x/./y"), opened(6, b"rel", 99))
    assert paths(after(*steps), 3, 4, 5, 6, 7) == [b"/etc", b"/etc/hosts", b"/x/y", b"rel", None]


def test_a_call_that_failed_changes_nothing() -> None:
    assert paths(after(opened(3, b"/a"), call("close", -9, fd=3), opened(-2, b"/b")), 3) == [b"/a"]


def test_what_is_known_of_a_process_that_ended_is_not_that_of_the_next_one() -> None:
    files = {(0, 7): {3: b"/a"}}
    descriptors = Descriptors(files)
    descriptors.apply(call("exit_group", 0, status=0))
    assert descriptors.path(0, 7, 3) is None


def test_what_becomes_known_later_counts_when_it_is_first_needed() -> None:
    files: dict[tuple[int, int], dict[int, bytes]] = {}
    descriptors = Descriptors(files)
    files[0, 7] = {3: b"/a"}
    assert descriptors.path(0, 7, 3) == b"/a"


def test_descriptors_are_closed_and_copied() -> None:
    steps = (
        opened(3, b"/a"),
        call("dup", 4, oldfd=3),
        call("dup2", 5, oldfd=4, newfd=5),
        call("dup3", 6, oldfd=3, newfd=6, flags=CLOEXEC),
        call("fcntl", 10, fd=3, cmd=0, arg=10),
        call("close", 0, fd=3),
    )
    assert paths(after(*steps), 3, 4, 5, 6, 10) == [None, b"/a", b"/a", b"/a", b"/a"]
    assert paths(after(*steps, call("close_range", 0, first=4, last=9, flags=0)), 4, 5, 6, 10) == [
        None,
        None,
        None,
        b"/a",
    ]


def test_what_is_no_file_is_called_as_proc_calls_it() -> None:
    steps = (
        call("pipe2", 0, flags=0, exit={"fds": (3, 4)}),
        call("socketpair", 0, domain=1, type=1, protocol=0, exit={"fds": (5, 6)}),
        call("epoll_create1", 7, flags=0),
    )
    assert paths(after(*steps), 3, 4, 5, 6, 7) == [
        *(b"pipe:[?]", b"pipe:[?]", b"socket:[?]", b"socket:[?]", b"anon_inode:[eventpoll]")
    ]


def test_an_exec_closes_what_is_marked_so() -> None:
    steps = (
        opened(3, b"/a", flags=CLOEXEC),
        opened(4, b"/b"),
        call("fcntl", 0, fd=4, cmd=2, arg=1),
        opened(5, b"/c", flags=CLOEXEC),
        call("ioctl", 0, fd=5, req=0x5450, argp=0),
        opened(6, b"/d"),
        call("execve", 0, path=b"/bin/true", argv=()),
    )
    assert paths(after(*steps), 3, 4, 5, 6) == [None, None, b"/c", b"/d"]


def test_children_have_copies_and_threads_the_same() -> None:
    descriptors = after(opened(3, b"/a"), call("fork", 8), call("close", 0, fd=3))
    assert paths(descriptors, 3, pid=8) == [b"/a"]
    shared = after(opened(3, b"/a"), call("clone", 8, flags=0x600), call("close", 0, fd=3))
    assert paths(shared, 3, pid=8) == [None]


def test_a_child_that_is_known_before_its_parents_call_returns() -> None:
    descriptors = after(opened(3, b"/a"))
    descriptors.inherit(0, 7, 8)
    descriptors.apply(call("close", 0, fd=3, _tid=8))
    descriptors.apply(call("vfork", 8))
    assert paths(descriptors, 3, pid=8) == [None]
    assert paths(descriptors, 3) == [b"/a"]


def test_the_working_directory() -> None:
    assert after(call("chdir", 0, path=b"x")).cwd(0, 7) == b"/home/x"
    assert after(opened(3, b"/etc"), call("fchdir", 0, fd=3)).cwd(0, 7) == b"/etc"
    assert after(call("getcwd", 5, size=10, exit={"path": b"/now"})).cwd(0, 7) == b"/now"
    assert after(call("exit_group", None, status=0)).cwd(0, 7) is None
