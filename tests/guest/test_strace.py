"""strace, and ``syscord read --style strace`` of the very same run, write the same lines.

As it is one run, nothing need be made alike that differs from run to run: numbers of processes, addresses, random
bytes, what the programs' threads made of each other.  What is made alike is listed here, each with its reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from syscord_read.model.call import Call
from syscord_read.model.history import History
from syscord_read.model.losses import Loss
from syscord_read.model.processes import Process
from syscord_read.source import open_source
from syscord_read.write.strace.options import Options
from syscord_read.write.strace.output import lines
from syscord_read.write.strace.view import Names
from tests.guest.recorder import Recorder

SQL = """
PRAGMA journal_mode=WAL;
CREATE TABLE t(a, b);
BEGIN; INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z'); COMMIT;
SELECT count(*), sum(a) FROM t;
DELETE FROM t WHERE a < 3;
VACUUM;
"""
PYTHON = """
import os, select, shutil, signal, socket, subprocess, threading, time
os.makedirs("work")
for i in range(3):
    with open(f"work/{i}", "w") as file:
        file.write("x" * (5000 * i + 10))
    os.rename(f"work/{i}", f"work/{i}.txt")
print(sum(os.stat(entry.path).st_size for entry in os.scandir("work")))
shutil.rmtree("work")
thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
print(subprocess.run(["true"]).returncode)
a, b = socket.socketpair()
a.send(b"hello\\n"); print(b.recv(100))
poll = select.poll(); poll.register(b, select.POLLIN); print(poll.poll(0)); a.send(b"x"); print(poll.poll(100))
epoll = select.epoll(); epoll.register(b, select.EPOLLIN); print(epoll.poll(0))
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(1)
client = socket.create_connection(server.getsockname()); accepted, address = server.accept()
client.sendmsg([b"a", b"bc"]); print(accepted.recvmsg(10))
os.writev(client.fileno(), [b"de", b"f"]); print(accepted.recv(10))
signal.signal(signal.SIGUSR1, lambda *_: None); os.kill(os.getpid(), signal.SIGUSR1)
time.sleep(0.001)
child = os.fork()
if not child: os._exit(3)
print(os.waitpid(child, 0)[1])
"""


@dataclass(frozen=True)
class Program:
    """A program of Debian's. ``alone``: it is one thread, so that all lines have one order."""

    name: str
    command: str
    alone: bool = True
    before: str = "true"
    strings: int = 32
    files: tuple[tuple[str, str], ...] = field(default=())


PROGRAMS = [
    Program("ls", "ls -l /etc"),
    Program("cp", "cp -r /etc/skel /usr/share/base-files copies", before="mkdir copies"),
    Program("tar", "tar cf files.tar -C / usr/share/base-files"),
    Program("untar", "tar xf files.tar", before="tar cf files.tar -C / usr/share/base-files"),
    Program("sqlite3", "sqlite3 test.db '.read script.sql'", files=(("script.sql", SQL),)),
    Program("python3", "python3 work.py", alone=False, files=(("work.py", PYTHON),)),
    Program("curl", "curl -s -o page http://127.0.0.1/", before="nginx", strings=8),
    Program("sh", "sh -c 'echo a b | cat; ls /nowhere; (exit 3); true'", alone=False),
]

#: What a trace does not hold yet, so that our lines have something else in its place: (pattern, what both become).
NOT_HELD = [
    # Where memory is that a call which failed was to write to; "0x?" in our lines.
    (r"\b0x\?", "<ADDRESS>"),
    # How many strings the environment has, and how many entries the kernel gave.
    (r"0x\w+ /\* \d+ vars \*/|(?<=\], )<ADDRESS>(?=\))", "ENVIRONMENT"),
    (r"/\* (\?|\d+) entries \*/", "/* N entries */"),
    # Structs behind arguments that are something else with other commands.
    (r"(fcntl\(\d+, F_\w*LKW?, )(\{.*\}|0x\w+)\)", r"\1LOCK)"),
    (r"(futex\(0x\w+, FUTEX_WAIT\w*(?:\|\w+)*, \d+, )(\{.*?\}|0x\w+)", r"\1TIME"),
    (r"(getsockopt\(\d+, \w+, \w+, )(\[\d+\]|0x\w+)", r"\1VALUE"),
    # The sizes of a message's buffers.
    (r"(msg_iovlen|msg_namelen|iov_len)=(\?|\d+)( => \d+)?", r"\1=SIZE"),
    (r"msg_iov=\[.*\](?=, msg_iovlen)", "msg_iov=BUFFERS"),
    # What the handler's frame on the stack says; the register is no result.
    (r"rt_sigreturn\(.*\) = .*", "rt_sigreturn() = ?"),
    (r"^uname\(.*\) = 0", "uname(...) = 0"),
]


def alike(line: str) -> str:
    """A line, with that in it which cannot be compared made the same."""
    for pattern, same in NOT_HELD:
        line = re.sub(pattern, same, line)
    return line


def matches(ours: str, theirs: str) -> bool:
    """Whether two lines say the same: any address, or none, may stand where ours does not know it."""
    pattern = re.escape(alike(ours)).replace("<ADDRESS>", r"(?:0x[0-9a-f]+|NULL)")
    return bool(re.fullmatch(pattern, alike(theirs)))


def straced(recorder: Recorder, program: Program, tmp_path: Path) -> tuple[list[str], list[str]]:
    """What strace wrote of a program, and what we write of the trace of the same run."""
    for name, text in program.files:
        recorder.machine.put(text.encode(), f"/tmp/{name}")
    strace = f"strace -f -s {program.strings} -o straced {program.command}"
    run = (
        f"{program.before}; insmod syscord.ko sink=ctf record=/tmp/trace; {strace} </dev/null >out 2>&1; rmmod syscord"
    )
    recorder.run(run, timeout=120)
    theirs = [line for line in recorder.run("cat straced").splitlines() if not is_signal(line)]
    return theirs, read(recorder.fetch("/tmp/trace", tmp_path), theirs, program)


def is_signal(line: str) -> bool:
    """Whether it tells of a signal, of which a trace knows nothing."""
    return re.match(r"\d+ +--- SIG", line) is not None


def read(trace: Path, theirs: list[str], program: Program) -> list[str]:
    """Our lines of those threads that strace has seen, from the exec on that was the first thing it saw."""
    source, history = open_source([trace]), History()
    tids = {int(line.split()[0]) for line in theirs}
    events = of_threads(history.events(source.batches()), tids, int(theirs[0].split()[0]))
    chosen = Options(to_file=True, strings=program.strings)
    names = Names({0: source.traces[0].layout.symbols})
    found = list(lines(events, chosen, names=names))
    assert source.problems == []
    return found


def of_threads(events: Iterable[Call | Process | Loss], tids: set[int], first: int) -> Iterator[Call | Process]:
    """What strace's own child did before the exec is not among what strace shows."""
    begun = False
    for event in events:
        assert not isinstance(event, Loss), event
        begun = begun or (isinstance(event, Call) and event.tid == first and event.name == "execve" and event.ret == 0)
        if begun and event.tid in tids:
            yield event


def whole(written: Iterable[str]) -> dict[str, list[str]]:
    """Each thread's lines, calls that others interrupted put together, without the column of the equals sign."""
    threads: dict[str, list[str]] = defaultdict(list)
    begun: dict[str, str] = {}
    for line in written:
        tid, _, text = line.partition(" ")
        text = text.lstrip()
        if text.endswith(" <unfinished ...>"):
            begun[tid] = text.removesuffix(" <unfinished ...>")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>", text)
        if resumed:
            text = begun.pop(tid) + text[resumed.end() :]
        threads[tid].append(re.sub(r"\) += ", ") = ", text))
    return threads


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_strace_and_we_write_the_same(recorder: Recorder, program: Program, tmp_path: Path) -> None:
    theirs, ours = straced(recorder, program, tmp_path)
    assert list(differences(whole(theirs), whole(ours))) == []
    if program.alone:
        # Also the order, and the column of the equals sign where nothing before it differs.
        assert len(ours) == len(theirs)
        equal = [(mine, yours) for mine, yours in zip(ours, theirs, strict=True) if mine == yours]
        assert len(equal) > len(theirs) / 2


def differences(theirs: dict[str, list[str]], ours: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Lines of each thread that do not say the same, theirs before ours."""
    assert theirs.keys() == ours.keys()
    for tid, written in theirs.items():
        mine = ours[tid]
        yield from ((line, other) for line, other in zip(written, mine, strict=False) if not matches(other, line))
        yield from ((line, "") for line in written[len(mine) :])
        yield from (("", line) for line in mine[len(written) :])
