"""The binary trace: Babeltrace and we read the same in it, which is what the text record of the same run says."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syscord_read.check.verify import verify
from syscord_read.ctf.classes import ID_DESCRIPTIONS
from syscord_read.ctf.decode import chunk
from syscord_read.ctf.trace import open_trace
from syscord_read.model.batch import Batch
from syscord_read.model.call import Call, calls_of
from syscord_read.model.history import History
from syscord_read.model.layout import Field, Kind
from syscord_read.model.processes import Process, Processes
from syscord_read.model.value import Cut, Missing, Value
from syscord_read.record.text import Record
from syscord_read.source import open_source
from syscord_read.write.record import lines
from tests.guest.promises import by_thread
from tests.guest.recorder import Recorder
from torture import law

TRACE = "/tmp/trace"
CTF = f"sink=ctf record={TRACE}"
DUMP = Path(__file__).parent / "bt2_dump.py"
DEBIAN_PYTHON = "/usr/bin/python3"  # Debian's package puts Babeltrace's bindings there

#: What is no syscall.
DESCRIPTIONS = ("process", "open_file", "same_file", "open_files", "description", "anchor")

Event = Mapping[str, Any]


def babeltrace(trace: Path) -> list[Event]:
    """What Babeltrace's Python bindings find in a trace. They must have nothing to complain about."""
    command = [DEBIAN_PYTHON, str(DUMP), str(trace)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def batches(trace: Path) -> list[Batch]:
    """What we find in it, which must be whole."""
    source = open_source([trace])
    found = list(source.batches())
    assert source.problems == []
    return found


def calls(trace: Path) -> list[Call]:
    """The syscalls in it."""
    return [call for batch in batches(trace) for call in calls_of(batch)]


def record_lines(trace: Path) -> list[str]:
    """The syscalls in it as the module's own text."""
    return [line for batch in batches(trace) for line in bytes(lines(batch)).decode("ascii").splitlines()]


def processes(trace: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Time and fields of each description of a process."""
    for batch in batches(trace):
        for group in batch.groups("process"):
            columns = {field.label: group.column(field).values.to_pylist() for field in group.event_class.fields}
            for place, row in enumerate(group.rows.tolist()):
                fields = {label: values[place] for label, values in columns.items()}
                yield int(batch.time[row]), fields | {"pid": int(batch.pid[row]), "tid": int(batch.tid[row])}


# The same run, recorded twice

BOTH = (
    "insmod twin.ko sink=ctf record=/tmp/trace proc_name=programs,tiny content={0}; "
    "insmod syscord.ko proc_name=programs,tiny content={0}; {1} > out; rmmod syscord twin"
)


@pytest.mark.parametrize("content", [0, 256])
def test_text_and_trace_of_one_run_have_the_same_records(recorder: Recorder, tmp_path: Path, content: int) -> None:
    recorder.run(BOTH.format(content, f"./programs promises {content}"), timeout=120)
    text = by_thread(recorder.lines())
    trace = by_thread(record_lines(recorder.fetch(TRACE, tmp_path)))
    assert text.keys() == trace.keys()
    for who, expected in text.items():
        assert trace[who] == expected
    assert sum(map(len, text.values())) > 1000


def test_records_of_all_cpus_come_in_the_order_of_time(recorder: Recorder, tmp_path: Path) -> None:
    recorder.during("./programs turns 2000", f"{CTF} syscalls=close proc_name=programs")
    fds = [call.entry["fd"] for call in calls(recorder.fetch(TRACE, tmp_path)) if call.entry]
    turns = [-fd for fd in fds if isinstance(fd, int) and -2000 <= fd < 0]
    assert turns == list(range(1, 2001))


# The syscall, as the C library's own function does not go through the kernel.
ASKS_THE_TIME = """
import ctypes, os, time
libc, now = ctypes.CDLL(None), (ctypes.c_long * 2)()
number = {"x86_64": 228, "aarch64": 113}[os.uname().machine]
for _ in range(20):
    for _ in range(200):
        libc.syscall(number, time.CLOCK_MONOTONIC, now)
    libc.usleep(10_000)
"""
TOLERATED_NS = 2 * 2000  # some us, at both ends


def told(call: Call) -> int:
    """What a clock_gettime() was told, in ns."""
    time = call.exit["time"]
    assert isinstance(time, Mapping)
    return int(time["sec"] * 10**9 + time["nsec"])


def check_times(found: list[Call]) -> int:
    """Check the times of all clock_gettime() by what they were told. Returns how many there are."""
    begins, ends, pauses = [], [], []
    last: dict[int, int] = {}
    for call in found:
        assert call.time is not None and call.duration is not None
        begin = call.time - call.duration
        if call.name == "clock_gettime":
            begins.append(begin - told(call))
            ends.append(call.time - told(call))
            pauses.append(begin - last.get(call.tid, 0))
        last[call.tid] = call.time
    # What is told lies in the call: of all calls by the same, which is how long before 1970 the machine was booted.
    limit = min(ends) + TOLERATED_NS
    late = [(begin - limit, pause) for begin, pause in zip(begins, pauses, strict=True) if begin > limit]
    # If this host takes the CPU away in the probe, between the counter and the kernel's clock, it says the later one.
    # It was taken away for as long as that, so the pause before the call seems that much longer.
    assert len(late) <= len(begins) / 100
    assert [(by, pause) for by, pause in late if by > pause] == []
    return len(begins)


def test_times_are_those_of_the_kernels_clock(recorder: Recorder, tmp_path: Path) -> None:
    recorder.machine.put(ASKS_THE_TIME.encode(), "/tmp/asks.py")
    recorder.during("python3 asks.py", f"{CTF} syscalls=clock_gettime,clock_nanosleep")
    found = [call for call in calls(recorder.fetch(TRACE, tmp_path)) if not call.unseen]
    assert check_times(found) >= 4000
    slept = [call.duration or 0 for call in found if call.name == "clock_nanosleep"]
    assert len(slept) == 20 and min(slept) >= 10**7


# A pause after each step: a CPU sees at its next call that its last look at the clock is too long ago.
SETS_THE_CLOCK = """
import ctypes, os, time
libc, now = ctypes.CDLL(None), (ctypes.c_long * 2)()
number = {"x86_64": 228, "aarch64": 113}[os.uname().machine]
for step in ("0 seconds", "2 hours", "-3 hours", "-1 second", "1 second"):
    assert not os.system(f"date -s '{step}' > /dev/null")
    libc.usleep(20_000)
    for _ in range(200):
        libc.syscall(number, time.CLOCK_REALTIME, now)
    libc.usleep(20_000)
"""


@pytest.mark.parametrize("mode", ["stream", "overwrite"])
def test_times_are_those_of_the_day_where_the_clock_is_set(recorder: Recorder, tmp_path: Path, mode: str) -> None:
    recorder.machine.put(SETS_THE_CLOCK.encode(), "/tmp/sets.py")
    recorder.load(f"{CTF} mode={mode} proc_name=python3 syscalls=clock_gettime")
    recorder.run("python3 sets.py", timeout=120)
    if mode == "overwrite":
        recorder.run("echo 1 > /sys/module/syscord/parameters/snapshot")
    recorder.unload()
    trace = recorder.fetch(TRACE, tmp_path)
    found = [call for call in calls(trace) if not call.unseen and told(call) > 10**18]
    # From one step to the next, as check_times() looks at pauses.
    ends = [0, *(n for n in range(1, len(found)) if abs(told(found[n]) - told(found[n - 1])) > 5 * 10**8), len(found)]
    parts = [found[begin:end] for begin, end in pairwise(ends)]
    assert sum(check_times(part) for part in parts) >= 1000
    offsets = [min((call.time or 0) - told(call) for call in part) for part in parts]
    assert max(offsets) - min(offsets) <= 100_000
    # In steps of half an hour: the order is that of what happened.
    steps = [round((told(call) - told(found[0])) / (1800 * 10**9)) for call in found]
    assert [step for step, before in zip(steps, [None, *steps], strict=False) if step != before] == [0, 4, -2]
    (report,) = verify(open_source([trace]))
    assert report.is_whole
    jumps = [note for note in report.notes if note.startswith("the clock was")]
    # The first one only if the machine's clock was read long before it was set to what it is.
    assert [jump.split(" s ")[1].split(" ")[0] for jump in jumps][-4:] == ["put", "set", "set", "put"]


# While the clock is told to go a tenth slower than the processor's counter, which the kernel does not use any more.
GIVES_UP_THE_COUNTER = """
import ctypes, os, time
libc, now = ctypes.CDLL(None), (ctypes.c_long * 2)()
def ask():
    libc.syscall(228, time.CLOCK_MONOTONIC, now)
for _ in range(5):
    ask(); libc.usleep(1000)
with open("/sys/devices/system/clocksource/clocksource0/current_clocksource", "w") as file:
    file.write("hpet")
while not "given up" in os.popen("dmesg").read():
    ask()
timex = (ctypes.c_long * 26)(0x4000, *10 * [0], 9000)
assert libc.adjtimex(timex) >= 0
for _ in range(10):
    ask(); libc.usleep(100_000); ask()
"""


def test_the_counter_is_given_up_when_the_kernel_does(recorder: Recorder, arch: str, tmp_path: Path) -> None:
    if arch != "x86_64":
        pytest.skip("arm64 has one counter only, which the kernel never gives up")
    recorder.machine.put(GIVES_UP_THE_COUNTER.encode(), "/tmp/gives_up.py")
    filters = "proc_name=python3 syscalls=clock_gettime,clock_nanosleep,clock_adjtime"
    recorder.during("python3 gives_up.py", f"{CTF} {filters}", timeout=120)
    assert any(line.startswith("the kernel's clock has given up the processor's counter") for line in recorder.log())
    found = [call for call in calls(recorder.fetch(TRACE, tmp_path)) if not call.unseen]
    slewed = next(i for i, call in enumerate(found) if call.name == "clock_adjtime")
    assert check_times(found[slewed:]) >= 20
    sleeps = [i for i, call in enumerate(found) if call.name == "clock_nanosleep" and i > slewed]
    assert len(sleeps) == 10
    for i in sleeps:
        # By the counter each would be a tenth longer than the time that passed by the clock.
        assert 10**8 <= (found[i].duration or 0) <= told(found[i + 1]) - told(found[i - 1])


# Babeltrace


def ours(call: Call) -> dict[str, Any]:
    """A call as Babeltrace sees it: under the names that the metadata has."""
    fields: dict[str, Any] = {"tid": call.tid, "ret": 0 if call.ret is None else call.ret}
    if call.pid != call.tid:
        fields["pid"] = call.pid
    if call.duration is not None:
        fields["duration"] = call.duration
    for field in call.event_class.entry:
        fields[field.label] = as_theirs(call.entry[field.label])
    for field in call.event_class.exit:
        fields[name_in_trace(call, field)] = as_theirs(call.exit[field.label])
    return fields


def name_in_trace(call: Call, field: Field) -> str:
    return f"{field.label}_out" if field.label in call.entry else field.label


def as_theirs(value: Value) -> Any:
    """A value, with what Babeltrace can't say left out."""
    if isinstance(value, Missing):
        return []
    if isinstance(value, Cut):
        return value.beginning
    if isinstance(value, tuple):
        return [b"" if isinstance(element, Missing) else as_theirs(element) for element in value]
    return value


def theirs(event: Event, names: frozenset[str]) -> dict[str, Any]:
    """What Babeltrace found of these fields, with bytes as we have them."""
    return {name: as_ours(value) for name, value in event["fields"].items() if name in names}


def as_ours(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, list) and value and isinstance(value[0], dict) and "text" in value[0]:
        return [as_ours(element["text"]) for element in value]
    return value


def same(ours: Any, theirs: Any) -> bool:
    """Whether both mean the same: of one element Babeltrace makes a list, and has no types for bytes and for none."""
    if isinstance(theirs, list) and isinstance(ours, bytes):
        return bytes(theirs) == ours
    if isinstance(theirs, list) and isinstance(ours, (int, dict)):
        return theirs == [ours]
    if not theirs and not ours:
        return True
    # A text ends for it at the first NUL.
    if isinstance(theirs, bytes) and isinstance(ours, bytes):
        return theirs == ours.partition(b"\0")[0]
    return bool(theirs == ours)


def test_babeltrace_finds_the_same_in_every_field(recorder: Recorder, tmp_path: Path) -> None:
    recorder.during("./programs promises 256; ls -lR /etc/apt; sqlite3 t.db 'create table t(a)'", CTF, timeout=120)
    trace = recorder.fetch(TRACE, tmp_path)
    events = babeltrace(trace)
    assert not [event for event in events if "discarded" in event]
    found = [event for event in events if event["name"] not in DESCRIPTIONS]
    expected = calls(trace)
    assert len(found) == len(expected) > 2000
    for event, call in zip(found, expected, strict=True):
        kind = call.event_class.kind
        assert event["name"] == (call.name if kind is Kind.SYSCALL else kind.value)
        assert (event["time"], event["cpu"]) == (call.time, call.cpu)
        fields = ours(call)
        read = theirs(event, frozenset(fields))
        wrong = {name: (read[name], value) for name, value in fields.items() if not same(value, read[name])}
        assert not wrong, (call.name, wrong)


def test_babeltrace_has_the_names_of_constants_and_the_wall_clock(recorder: Recorder, tmp_path: Path) -> None:
    before, after = recorder.during("date +%s.%N; cat /etc/hostname > out; date +%s.%N", CTF).split()
    command = ["babeltrace2", "--clock-seconds", str(recorder.fetch(TRACE, tmp_path))]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert said.stderr == ""
    opened = [line for line in said.stdout.splitlines() if " openat:" in line and 'path = "/etc/hostname"' in line]
    assert len(opened) == 1
    assert 'dir = ( "AT_FDCWD" : container = -100 )' in opened[0]
    assert float(before) <= float(opened[0][1:].partition("]")[0]) <= float(after)


# Processes

REASONS = ("state", "seen", "fork", "exec", "rename", "ids", "parent", "exit")
FAMILY = """
sh -c 'echo $$; ./programs renames renamed 1000; exec setpriv --reuid 1000 --clear-groups cat' < /dev/null
"""


def test_a_process_is_described_when_it_is_first_seen_and_when_it_changes(recorder: Recorder, tmp_path: Path) -> None:
    parent = int(recorder.during(FAMILY, CTF))
    events = babeltrace(recorder.fetch(TRACE, tmp_path))
    described = [event["fields"] for event in events if event["name"] == "process"]

    def story(tid: int) -> list[tuple[str, str, int]]:
        own = [fields for fields in described if fields["tid"] == tid]
        return [(REASONS[fields["reason"]], fields["comm"], fields["uid"]) for fields in own]

    # execve renames a process before its new program is there.
    assert story(parent) == [
        ("fork", "sh", 0),
        ("seen", "sh", 0),
        ("rename", "sh", 0),
        ("exec", "sh", 0),
        ("rename", "setpriv", 0),
        ("exec", "setpriv", 0),
        ("ids", "setpriv", 1000),
        ("ids", "setpriv", 1000),  # of the capabilities that it had kept
        ("rename", "cat", 1000),
        ("exec", "cat", 1000),
        ("exit", "cat", 1000),
    ]
    child = next(fields["tid"] for fields in described if fields["comm"] == "renamed")
    assert ("rename", "renamed", 0) in story(child)
    assert {fields["ppid"] for fields in described if fields["tid"] == child} == {parent}
    (thread,) = {fields["tid"] for fields in described if fields["pid"] == child} - {child}
    assert story(thread)[-2:] == [("rename", "other", 0), ("exit", "other", 0)]
    begun = [fields for fields in described if fields["tid"] == parent and REASONS[fields["reason"]] == "exec"]
    assert {fields["exe"] for fields in begun} == {"/usr/bin/dash", "/usr/bin/setpriv", "/usr/bin/cat"}


def who_marked(trace: Path) -> dict[int, Process]:
    """Who made each call of ``mark``, by its number."""
    now: dict[int, Process] = {}
    found = {}
    for event in History().events(batches(trace)):
        if isinstance(event, Process):
            now[event.tid] = event
            continue
        assert isinstance(event, Call), event
        if event.name == "close" and isinstance(fd := event.entry.get("fd"), int) and fd < 0:
            found[-fd] = now[event.tid]
    return found


def test_whoever_gets_other_credentials_is_described_anew(recorder: Recorder, tmp_path: Path) -> None:
    recorder.during("./programs credentials 1000", f"{CTF} proc_name=programs")
    trace = recorder.fetch(TRACE, tmp_path)
    marks = who_marked(trace)
    root, thread, first, dropped, group, inside = (marks[tag] for tag in range(1000, 1006))
    assert [who.users for who in (root, first)] == [dict.fromkeys(("uid", "euid", "gid", "egid"), 0)] * 2
    assert thread.users == root.users | {"euid": 1234}
    assert group.users == root.users | {"egid": 77}
    assert thread.ids and first.ids and dropped.ids and group.ids and inside.ids
    assert thread.ids.caps == 0
    assert first.ids.caps - dropped.ids.caps == 1 << 22  # CAP_SYS_BOOT
    assert inside.ids.caps == first.ids.caps
    assert inside.ids.user_ns != group.ids.user_ns == first.ids.user_ns
    assert {who.reason for who in (thread, dropped, group, inside)} == {"ids"}
    # In the initial namespace he is who he was.
    assert inside.users == group.users
    described = [event["fields"] for event in babeltrace(trace) if event["name"] == "process"]
    assert {fields["euid"] for fields in described} >= {0, 1234}


def test_a_setuid_program_shows_whose_rights_it_has(recorder: Recorder, tmp_path: Path) -> None:
    recorder.run("mkdir -m 755 shown; cp programs shown/raised; chmod 4755 shown/raised; chmod 755 /tmp")
    as_nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    recorder.during(f"{as_nobody} shown/raised mark 1000", f"{CTF} proc_name=raised")
    trace = recorder.fetch(TRACE, tmp_path)
    nobody = {"uid": 65534, "gid": 65534, "egid": 65534}
    who = who_marked(trace)[1000]
    assert who.users == nobody | {"euid": 0}
    assert who.ids and who.ids.caps
    begun = {fields["euid"] for _, fields in processes(trace) if fields["reason"] == REASONS.index("exec")}
    assert begun == {0}


def test_an_exec_alone_is_no_change_of_credentials(recorder: Recorder, tmp_path: Path) -> None:
    recorder.during("sh -c 'exec ./programs mark 1000'", CTF)
    trace = recorder.fetch(TRACE, tmp_path)
    assert who_marked(trace)[1000].reason == "exec"


def test_a_process_that_gets_another_parent_is_described(recorder: Recorder, tmp_path: Path) -> None:
    # The shell in between ends once the reader has begun, and init inherits the reader, which then reads.
    recorder.run("mkfifo began go ended")
    orphan = recorder.during(
        "sh -c '(echo > began; exec cat < go > ended) & read line < began; echo $!' > orphan;"
        " exec 3> go; echo >&3; exec 3>&-; cat ended > out; cat orphan",
        CTF,
    )
    events = babeltrace(recorder.fetch(TRACE, tmp_path))
    own = [event["fields"] for event in events if event["name"] == "process" and event["fields"]["tid"] == int(orphan)]
    assert "parent" in [REASONS[fields["reason"]] for fields in own]
    assert own[-1]["ppid"] == 1


def test_what_was_there_before_is_described_with_its_open_files(recorder: Recorder, tmp_path: Path) -> None:
    start = "mkfifo go; cat < go > kept & echo $!; exec 3> go; ./programs await_read $!; sleep 1000 <&3 &"
    pid = int(recorder.run(start))
    recorder.during("true", CTF)
    events = babeltrace(recorder.fetch(TRACE, tmp_path))
    (described,) = [event["fields"] for event in events if event["name"] == "process" and event["fields"]["pid"] == pid]
    assert (described["comm"], described["exe"], described["reason"]) == ("cat", "/usr/bin/cat", 0)
    files = open_files(tmp_path)[0, pid]
    assert (files[0], files[1]) == (b"/tmp/go", b"/tmp/kept")


def open_files(trace: Path) -> Mapping[tuple[int, int], Mapping[int, bytes]]:
    """What the description of what there was says."""
    found = Processes()
    for batch in batches(trace):
        found.update(batch)
    return found.files


def events_of(events: list[Event], name: str, pid: int) -> list[dict[str, Any]]:
    return [event["fields"] for event in events if event["name"] == name and event["fields"]["pid"] == pid]


def notes(trace: Path) -> list[str]:
    """What ``syscord verify`` notes of a trace, which must be whole."""
    (found,) = verify(open_source([trace]))
    assert found.is_whole, (found.losses, found.problems)
    return found.notes


def test_a_path_is_described_once_and_so_are_descriptors_that_are_shared(recorder: Recorder, tmp_path: Path) -> None:
    start = "./programs partner > partner 2> partner < partner & echo $!; until [ -s partner ]; do :; done; cat partner"
    parent, child = map(int, recorder.run(f": > partner; {start}").split())
    recorder.during("true", CTF)
    trace = recorder.fetch(TRACE, tmp_path)
    events = babeltrace(trace)
    assert [fields["fd"] for fields in events_of(events, "open_file", parent)] == [0]
    same = events_of(events, "same_file", parent)
    assert [(fields["fd"], fields["as_pid"], fields["as_fd"]) for fields in same] == [(1, parent, 0), (2, parent, 0)]
    (shared,) = events_of(events, "open_files", child)
    assert shared["as_pid"] == parent
    assert events_of(events, "open_file", child) == events_of(events, "same_file", child) == []
    files = open_files(trace)
    assert files[0, parent] == files[0, child] == dict.fromkeys(range(3), b"/tmp/partner")
    assert notes(trace) == []


HOARD = "mkdir -m 777 hoard{0}; (cd hoard{0}; ulimit -n 20100; exec {1} ../programs hoard {2} {3}) & "
AS_NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"


def test_a_description_of_a_process_has_a_bound_and_says_so(recorder: Recorder, tmp_path: Path) -> None:
    start = HOARD.format(1, AS_NOBODY, 20000, 0)
    hoard = int(recorder.run(f"chmod 755 /tmp; {start} echo $!; ./programs await_pause $!"))
    recorder.load(f"{CTF} proc_name=programs")
    # Records of calls that are made while it is described are not lost.
    recorder.run(f"./programs burst 20000; until [ -s {TRACE}/state ]; do ./programs burst 100; done")
    stats = recorder.stats()
    assert {name for name, count in stats.items() if name.startswith("dropped") and count} == set()
    recorder.unload()
    trace = recorder.fetch(TRACE, tmp_path)
    assert (trace / "state").stat().st_size < 512 << 10
    (cut,) = events_of(babeltrace(trace), "open_files", hoard)
    assert cut["as_pid"] == hoard
    assert 50 < cut["described"] < cut["count"] == 20003
    assert notes(trace) == [
        f"state: open files are described in part: {cut['described']} of 20003 of process {hoard}: there are bounds"
    ]
    assert len(open_files(trace)[0, hoard]) == cut["described"]


def test_a_user_with_many_processes_leaves_room_for_those_of_others(recorder: Recorder, tmp_path: Path) -> None:
    hoards = "".join(HOARD.format(number, AS_NOBODY, 300, 0) + "last=$!; " for number in range(12))
    recorder.run(f"chmod 755 /tmp; {hoards} ./programs await_pause $last", timeout=120)
    pid = int(recorder.run("sleep 1000 < /etc/hosts > /dev/null 2>&1 & echo $!"))
    # More than fits into a ring is recorded meanwhile, and nothing of it is lost.
    recorder.during(
        "./programs burst 100000; cat /sys/module/syscord/parameters/stats > stats",
        f"{CTF} ring_kb=1024 proc_name=programs",
    )
    stats = dict(line.split("=") for line in recorder.run("cat stats").splitlines())
    assert {count for name, count in stats.items() if name.startswith("dropped")} == {"0"}
    trace = recorder.fetch(TRACE, tmp_path)
    assert 2 << 20 < (trace / "state").stat().st_size < 5 << 19
    assert open_files(trace)[0, pid][0] == b"/etc/hosts"
    described = notes(trace)
    # The first of nobody's processes have what each may have, the last ones nothing.
    assert len(described) > 10
    assert [note for note in described if ": 0 of 303 of process " in note]


# What is lost

FLOOD = 'until dmesg | grep -q "can\'t write"; do ./programs writes 200 1000; done'


def test_babeltrace_reports_what_was_lost(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} ring_kb=64 content=4096 proc_name=programs flush_ms=1000")
    recorder.run("taskset 1 ./programs writes 5000 4096 & taskset 2 ./programs writes 5000 4096; wait")
    recorder.unload()
    said = law.summary(recorder.log()[-1])
    assert said.dropped > 0
    events = babeltrace(recorder.fetch(TRACE, tmp_path))
    assert sum(event.get("discarded") or 0 for event in events) == said.dropped
    assert Counter(event.get("name") for event in events)["write"] <= said.recorded
    assert len(only_calls(events)) == said.recorded


def only_calls(events: list[Event]) -> list[Event]:
    return [event for event in events if event.get("name") not in (None, *DESCRIPTIONS)]


def test_a_full_disk_leaves_whole_packets_and_goes_on_when_there_is_room(recorder: Recorder, tmp_path: Path) -> None:
    small = "/tmp/small/t"
    recorder.run("mkdir small; mount -t tmpfs -o size=700k none small")
    recorder.load(f"sink=ctf record={small} content=1000 ring_kb=64 proc_name=programs")
    recorder.run(f"{FLOOD}; ./programs writes 1000 1000")
    full = babeltrace(recorder.fetch(small, tmp_path / "full"))
    assert only_calls(full)
    recorder.run(
        "mount -o remount,size=64m small; until dmesg | grep -q 'takes records again'; do :; done; ./programs mark 1000"
    )
    stats = recorder.stats()
    recorder.unload()
    events = babeltrace(recorder.fetch(small, tmp_path / "after"))
    assert sum(event.get("discarded") or 0 for event in events) == stats["dropped_sink"] + stats["dropped_ring"] > 0
    assert -1000 in [event["fields"].get("fd") for event in only_calls(events)]


def test_unloading_with_a_full_disk_leaves_what_fits(recorder: Recorder, tmp_path: Path) -> None:
    recorder.run("mkdir small; mount -t tmpfs -o size=700k none small")
    recorder.during(FLOOD, "sink=ctf record=/tmp/small/t content=1000 ring_kb=64 proc_name=programs")
    said = law.summary(recorder.log()[-1])
    assert said.dropped > 0
    assert len(only_calls(babeltrace(recorder.fetch("/tmp/small/t", tmp_path)))) == said.recorded


# Files

SIZES = "du -cb {} | tail -n 1 | cut -f 1"


def test_a_trace_is_roots_alone(recorder: Recorder) -> None:
    recorder.during("true", CTF)
    modes = recorder.run(f"cd {TRACE}; stat -c '%a %U' . metadata cpu0 state")
    assert modes == "700 root\n" + "600 root\n" * 3


def test_a_rotated_trace_keeps_its_bound_and_each_part_is_whole(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} rotate_mb=1 keep=3 content=1000 proc_name=programs")
    for _ in range(6):
        recorder.run("taskset 1 ./programs writes 1000 1000; taskset 2 ./programs burst 100")
        # Rotation counts records. The descriptions are small beside them, and have bounds of their own.
        assert int(recorder.run(SIZES.format(f"{TRACE}/cpu*"))) <= 3 << 20
        assert int(recorder.run(SIZES.format(f"{TRACE}/state*"))) <= 3 << 16
    recorder.unload()
    names = recorder.run(f"cd {TRACE}; ls").split()
    assert {"cpu0", "cpu0.1", "cpu0.2", "state", "state.1", "state.2", "metadata"} <= set(names)
    assert not [name for name in names if name.endswith(".3")]
    trace = recorder.fetch(TRACE, tmp_path)
    found = only_calls(babeltrace(trace))
    assert [(event["time"], event["cpu"]) for event in found] == [(call.time, call.cpu) for call in calls(trace)]
    # The newest files know by themselves whose the records are.
    for old in trace.glob("*.[0-9]"):
        old.unlink()
    tids = {event["fields"]["tid"] for event in only_calls(babeltrace(trace))}
    assert tids <= {fields["tid"] for _, fields in processes(trace)}


def test_a_trace_that_cannot_be_rotated_goes_on_in_one_piece(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} rotate_mb=1 keep=3 content=1000 proc_name=programs")
    recorder.run(f"mkdir -p {TRACE}/cpu0.new/x; taskset 1 ./programs writes 3000 1000; rmmod syscord")
    recorder.run(f"rm -r {TRACE}/cpu0.new")
    assert [line for line in recorder.log() if line.startswith("can't begin new files for ")]
    assert recorder.run(f"ls {TRACE}").split() == ["cpu0", "cpu1", "metadata", "state"]
    trace = recorder.fetch(TRACE, tmp_path)
    assert len(only_calls(babeltrace(trace))) == len(calls(trace)) > 3000


def test_a_record_that_cannot_be_rotated_loses_no_older_one(recorder: Recorder) -> None:
    recorder.load("record=/tmp/r/record rotate_mb=1 keep=4 content=1000 proc_name=programs")
    recorder.run("until [ -e r/record.2 ]; do ./programs writes 1000 1000; done")
    before = recorder.run("mkdir r/record.new; md5sum r/record.1 r/record.2")
    recorder.run("./programs writes 5000 1000; rmmod syscord")
    assert recorder.run("md5sum r/record.1 r/record.2") == before


def test_descriptions_of_many_files_rotate_no_record_out(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} rotate_mb=1 keep=4 proc_name=programs")
    # It causes a rotation itself, at which it is described.
    recorder.run(
        f"chmod 755 /tmp; {HOARD.format(1, AS_NOBODY, 300, 60000)} ./programs await_pause $!; "
        f"[ -s {TRACE}/state.1 ]; ./programs burst 20000; kill $!; rmmod syscord",
        timeout=120,
    )
    closes = [call.entry["fd"] for call in calls(recorder.fetch(TRACE, tmp_path)) if call.name == "close"]
    assert [-fd for fd in closes if isinstance(fd, int) and fd < 0] == [*range(1, 60001), *range(1, 20001)]


# A file system on which there may be so many files: the root, the folder, and what is recorded.
FEW_FILES = "mkdir -p few; mount -t tmpfs -o nr_inodes={0} none few"


def test_a_record_goes_on_where_no_new_file_can_be_made(recorder: Recorder) -> None:
    recorder.run(FEW_FILES.format(3))
    # A ring that takes all, however slow this host is.
    recorder.load("record=/tmp/few/r/record rotate_mb=1 keep=2 content=1000 ring_kb=16384 proc_name=programs")
    recorder.run("for i in 1 2 3 4 5; do ./programs writes 1000 1000; done; rmmod syscord")
    assert recorder.run("ls few/r").split() == ["record"]
    writes = [record for record in recorder.records("/tmp/few/r/record") if record.name == "write"]
    assert len(writes) >= 5000
    assert [line for line in recorder.log() if "can't begin new files for /tmp/few/r/record: error -28" in line]


def test_a_trace_goes_on_where_no_new_file_can_be_made(recorder: Recorder, tmp_path: Path) -> None:
    recorder.run(FEW_FILES.format(6))
    recorder.load("sink=ctf record=/tmp/few/t rotate_mb=1 keep=2 content=1000 proc_name=programs")
    recorder.run("for i in 1 2 3 4 5; do taskset 1 ./programs writes 1000 1000; done; rmmod syscord")
    names = set(recorder.run("ls few/t").split())
    assert {"cpu0", "metadata", "state"} <= names <= {"cpu0", "cpu1", "metadata", "state"}
    found = [call for call in calls(recorder.fetch("/tmp/few/t", tmp_path)) if call.name == "write"]
    assert len(found) >= 5000
    assert [line for line in recorder.log() if "can't begin new files for /tmp/few/t: error -28" in line]


REMOVED = {
    "text": ("record=/tmp/r/record", "rm r/record", "/tmp/r/record was removed"),
    "text, its folder": ("record=/tmp/r/record", "rm -r r", "/tmp/r/record was removed"),
    "text, by another in its place": (
        "record=/tmp/r/record",
        ": > r/other; mv r/other r/record",
        "/tmp/r/record was removed",
    ),
    "ctf": ("sink=ctf record=/tmp/r", "rm r/cpu*", "files of /tmp/r were removed"),
    "ctf, its folder": ("sink=ctf record=/tmp/r", "rm -r r", "files of /tmp/r were removed"),
}


@pytest.mark.parametrize("what", REMOVED)
@pytest.mark.no_accounts
def test_what_is_removed_while_it_is_written_is_made_again_and_said(
    recorder: Recorder, tmp_path: Path, what: str
) -> None:
    where, remove, said = REMOVED[what]
    recorder.load(f"{where} proc_name=programs")
    recorder.run(
        f"./programs mark 1000; until [ -s r/record ] || [ -s r/cpu0 ] || [ -s r/cpu1 ]; do :; done; {remove}; "
        "./programs burst 1000; ./programs mark 1001; rmmod syscord"
    )
    assert [line for line in recorder.log() if line.startswith(said)]
    if "ctf" in where:
        trace = recorder.fetch("/tmp/r", tmp_path)
        fds = [call.entry.get("fd") for call in calls(trace)]
        assert -1001 in fds
        assert len(only_calls(babeltrace(trace))) == len(fds)
    else:
        assert b"-1001" in [record.fields.get("fd") for record in recorder.records("/tmp/r/record")]


@pytest.mark.no_accounts
def test_a_removed_folder_is_made_again_for_a_cpu_that_had_no_file(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} proc_name=programs")
    recorder.run(f"taskset 1 ./programs mark 1000; until [ -s {TRACE}/cpu0 ]; do :; done; rm -r {TRACE}")
    recorder.run(f"taskset 2 ./programs mark 1001; until [ -s {TRACE}/cpu1 ]; do :; done; rmmod syscord")
    assert [line for line in recorder.log() if line.startswith(f"files of {TRACE} were removed")]
    assert [line for line in recorder.log() if "can't write" in line] == []
    assert -1001 in [call.entry.get("fd") for call in calls(recorder.fetch(TRACE, tmp_path))]


def test_records_are_taken_again_only_when_every_cpus_are(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} proc_name=programs")
    again = "dmesg | grep -q 'takes records again'"
    recorder.run(
        f'mkdir {TRACE}/cpu0; taskset 1 ./programs mark 1000; until dmesg | grep -q "can\'t write"; do :; done'
    )
    recorder.run(f"taskset 2 ./programs mark 1001; until [ -s {TRACE}/cpu1 ]; do :; done; ! {again}")
    recorder.run(f"rmdir {TRACE}/cpu0; until {again}; do :; done; rmmod syscord")
    fds = [call.entry.get("fd") for call in calls(recorder.fetch(TRACE, tmp_path))]
    assert -1000 in fds and -1001 in fds


def test_a_full_disk_is_called_by_its_name(recorder: Recorder) -> None:
    recorder.run("mkdir -p small; mount -t tmpfs -o size=500k none small")
    recorder.load("sink=ctf record=/tmp/small/t proc_name=programs")
    recorder.run("./programs burst 40000; rmmod syscord", timeout=120)
    assert [line for line in recorder.log() if line.startswith("can't write to /tmp/small/t: error -28: ")]


def test_a_flight_recorder_may_rotate_between_snapshots(recorder: Recorder, tmp_path: Path) -> None:
    snapshot = "./programs mark {0}; echo 1 > /sys/module/syscord/parameters/snapshot"
    recorder.load(f"{CTF} mode=overwrite rotate_s=1 keep=9 proc_name=programs")
    recorder.run(snapshot.format(1000))
    recorder.run("i=0; until [ $i = 3 ]; do i=$((i + 1)); timeout 1 cat /dev/zero > /dev/null; done; true")
    recorder.run(snapshot.format(1001))
    recorder.unload()
    trace = recorder.fetch(TRACE, tmp_path)
    assert (trace / "state.1").exists()
    found = [call.entry.get("fd") for call in calls(trace)]
    assert [fd for fd in found if fd in (-1000, -1001)] == [-1000, -1001]
    assert len(only_calls(babeltrace(trace))) == len(found)


def test_a_trace_is_rotated_by_age(recorder: Recorder) -> None:
    recorder.load(f"{CTF} rotate_s=1 proc_name=programs")
    recorder.run(f"until [ -e {TRACE}/cpu0.2 ] || [ -e {TRACE}/cpu1.2 ]; do ./programs mark 1000; done", timeout=60)
    recorder.unload()


def test_a_rotated_record_keeps_its_bound_and_every_line_is_whole(recorder: Recorder) -> None:
    folder = "/tmp/r"
    recorder.load(f"record={folder}/record rotate_mb=1 keep=3 content=1000 proc_name=programs")
    for _ in range(6):
        recorder.run("./programs writes 1000 1000")
        assert int(recorder.run(SIZES.format(f"{folder}/record*"))) <= 3 << 20
    recorder.unload()
    assert recorder.run(f"ls {folder}").split() == ["record", "record.1", "record.2"]
    found = [line for name in ("record.2", "record.1", "record") for line in recorder.all(f"{folder}/{name}")]
    sizes = [record for record in found if isinstance(record, Record) and record.name == "write"]
    assert len(sizes) > 1000


# Flight recorder


def test_nothing_is_written_before_a_snapshot_and_then_the_latest(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} mode=overwrite ring_kb=256 proc_name=programs")
    recorder.run("./programs burst 100000", timeout=120)
    assert recorder.run(f"ls {TRACE}").split() == ["metadata"]
    recorder.run("./programs mark 1000; echo 1 > /sys/module/syscord/parameters/snapshot; ./programs mark 1001")
    trace = recorder.fetch(TRACE, tmp_path)
    fds = [call.entry.get("fd") for call in calls(trace)]
    assert -1000 in fds
    assert -1001 not in fds
    # A burst counts up to its end: it is the latest that is left, without a gap.
    burst = [-fd for fd in fds if isinstance(fd, int) and fd < 0 and fd not in (-1000, -1001)]
    ends = [place for place, fd in enumerate(burst) if fd == 100000]
    assert len(ends) == 1
    assert len(burst) > 1000
    stats = recorder.stats()
    assert stats["seen"] == sum(stats[name] for name in ("recorded", "filtered", "overwritten"))
    assert stats["overwritten"] > 50000
    # Whose they are stands in each packet, as the one before it may be overwritten.
    assert {call.tid for call in calls(trace)} <= {fields["tid"] for _, fields in processes(trace)}


def test_no_record_of_a_flight_recorder_stands_before_who_made_it(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} mode=overwrite ring_kb=16384 content=8000 syscalls=write proc_name=programs")
    recorder.run(
        "taskset 1 ./programs newcomers 2500 7000; echo 1 > /sys/module/syscord/parameters/snapshot", timeout=120
    )
    recorder.unload()
    trace = open_trace(recorder.fetch(TRACE, tmp_path))
    stream = trace.streams["cpu0"]
    packets = 0
    while packet := stream.next():
        packets += 1
        known: set[int] = set()
        found = chunk(trace, packet)
        for at in (position * 2 for position in found.positions):
            id, tid = (int.from_bytes(found.data[at + where :][:size], "little") for where, size in ((0, 2), (8, 4)))
            if id >= ID_DESCRIPTIONS:
                known.add(tid)
            else:
                assert tid in known, f"packet {packet.header.seq}"
    assert packets > 200


def test_a_second_snapshot_has_what_came_since(recorder: Recorder, tmp_path: Path) -> None:
    snapshot = "echo 1 > /sys/module/syscord/parameters/snapshot"
    recorder.load(f"{CTF} mode=overwrite proc_name=programs")
    recorder.run(f"./programs mark 1000; {snapshot}; ./programs mark 1001; {snapshot}; ./programs mark 1002")
    recorder.unload()
    found = [call.entry.get("fd") for call in calls(recorder.fetch(TRACE, tmp_path))]
    assert [fd for fd in found if fd in (-1000, -1001, -1002)] == [-1000, -1001]


def test_a_snapshot_of_text_is_in_the_record(recorder: Recorder) -> None:
    recorder.load("mode=overwrite proc_name=programs")
    recorder.run("./programs mark 1000; echo 1 > /sys/module/syscord/parameters/snapshot; ./programs mark 1001")
    assert [record.fields["fd"] for record in recorder.records() if record.name == "close"] == [b"-1000"]
    recorder.unload()
    assert [record.fields["fd"] for record in recorder.records() if record.name == "close"] == [b"-1000"]


def test_a_snapshot_that_finds_no_room_says_so_and_the_next_one_is_right(recorder: Recorder) -> None:
    small = "/tmp/small/r/record"
    recorder.run("mkdir -p small; mount -t tmpfs -o size=64k none small")
    recorder.load(f"mode=overwrite ring_kb=256 record={small} proc_name=programs")
    ask = "/usr/bin/printf 1 > /sys/module/syscord/parameters/snapshot"
    failed = recorder.run(f"./programs burst 20000; ({ask}) 2>&1 || true")
    assert "Input/output error" in failed
    recorder.run(f"./programs burst 20000; mount -o remount,size=64m small; ./programs burst 20000; {ask}", timeout=120)
    stats = recorder.stats()
    assert stats["seen"] == sum(stats[name] for name in ("recorded", "filtered", "overwritten"))
    recorder.unload()
    fds = [record.fields["fd"] for record in recorder.records(small) if record.name == "close"]
    assert fds[-1] == b"-20000"


def test_what_a_snapshot_of_text_wrote_is_not_counted_as_overwritten(recorder: Recorder) -> None:
    ask = "echo 1 > /sys/module/syscord/parameters/snapshot"
    recorder.load("mode=overwrite ring_kb=256 proc_name=programs")
    # Each snapshot ends at the end of a packet, and the bursts overwrite what it left.
    recorder.run(f"for i in 1 2 3; do ./programs burst 20000; {ask}; done", timeout=120)
    stats = recorder.stats()
    assert stats["recorded"] == len(recorder.records())
    recorder.unload()
    assert recorder.log()[-1].startswith(f"{stats['recorded']} syscalls recorded in ")


def test_unloading_while_snapshots_are_asked_for_ends(recorder: Recorder) -> None:
    recorder.load(f"{CTF} mode=overwrite proc_name=programs")
    recorder.run(
        "(while echo 1 > /sys/module/syscord/parameters/snapshot; do :; done) 2> refused & "
        "until [ -e trace/state ]; do :; done; ./programs burst 100; rmmod syscord; wait"
    )
    assert recorder.run("wc -l < refused").strip() == "1"


def test_a_quiet_cpu_is_written_within_the_flush_interval_beside_a_busy_one(recorder: Recorder) -> None:
    recorder.load(f"{CTF} ring_kb=64 flush_ms=100 proc_name=programs,tiny")
    recorder.run(
        "taskset 1 ./programs forever & busy=$!; taskset 2 ./tiny; "
        f"until [ -s {TRACE}/cpu1 ]; do timeout 1 cat /dev/zero > /dev/null; done; kill $busy",
        timeout=30,
    )
    recorder.unload()


def test_a_snapshot_can_be_asked_for_under_load(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load(f"{CTF} mode=overwrite ring_kb=256 proc_name=programs")
    recorder.run(
        "taskset 1 ./programs forever & a=$!; taskset 2 ./programs forever & b=$!; for i in $(seq 20); do "
        "./programs burst 100; echo 1 > /sys/module/syscord/parameters/snapshot || exit 1; done; kill $a $b; wait",
        timeout=120,
    )
    recorder.unload()
    trace = recorder.fetch(TRACE, tmp_path)
    found = calls(trace)
    assert len(found) == len(only_calls(babeltrace(trace))) > 1000
    assert [call.time for call in found] == sorted(call.time or 0 for call in found)
