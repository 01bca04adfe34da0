"""Processes that the filter rejects run at full speed, and whatever makes the filter want them is noticed all the same.

The processes are told what to do (see programs/untrace.c).  `unseen` is done when the module sees nothing of them, so
that what comes after it begins with the flag cleared; `seen` when it sees all.
"""

from __future__ import annotations

import pytest

from tests.guest.recorder import PARAMETERS, Recorder
from tests.guest.test_filters import tags

SCRIPT = f"""
begin() {{ mkfifo go done; ./$1 obey < go > done & pid=$!; exec 3> go 4< done; }}
tell() {{ fd=$1; shift; echo "$*" >&$fd; read -r answer <&4 || exit 7; }}
another() {{ mkfifo fifo; tell 3 $1 fifo; exec 5> fifo; }}  # a child or a thread, told by 5
set_to() {{ echo "$2" > {PARAMETERS}/$1; }}
ln programs worker; ln programs wanted
"""
GETPPID = {"x86_64": 110, "arm64": 173}


def run(recorder: Recorder, script: str) -> list[str]:
    """Run a script that tells processes what to do. Returns what it printed."""
    return recorder.run(f"set -e\n{SCRIPT}\n{script}").split()


def test_a_rejected_process_is_seen_no_more(recorder: Recorder) -> None:
    recorder.load("pid=1")
    filtered = f"sed -n s/filtered=//p {PARAMETERS}/stats"
    before, after = run(recorder, f"begin worker; tell 3 unseen; {filtered}; tell 3 calls 100000; {filtered}")
    assert int(after) - int(before) < 10000


def test_a_parameter_turns_it_off(recorder: Recorder) -> None:
    recorder.load("pid=1 untrace=0 flush_ms=10")
    assert run(recorder, "begin worker; tell 3 still_seen 1000; echo $answer") == ["1"]


def test_a_process_that_execs_into_a_name_is_noticed(recorder: Recorder) -> None:
    recorder.load("proc_name=wanted")
    run(recorder, "begin worker; tell 3 unseen; tell 3 mark 1000; echo exec ./wanted >&3; tell 3 mark 1001")
    recorder.unload()
    records = recorder.records()
    assert (records[0].name, records[0].unseen) == ("execve", True)
    assert tags(records) == [1001]


RENAMINGS = {
    "alone, by prctl": ("tell 3 name newname", False),
    "alone, by its file": ("tell 3 comm newname", False),
    "with threads, by prctl": ("tell 3 name newname", True),
    "with threads, by its file": ("tell 3 comm newname", True),
    "by another thread": ("tell 5 comm newname", True),
}


@pytest.mark.parametrize("how", RENAMINGS)
def test_a_process_that_gets_a_name_is_noticed(recorder: Recorder, how: str) -> None:
    renaming, threads = RENAMINGS[how]
    thread = "another thread; tell 5 unseen" if threads else "true"
    last = "tell 5 mark 1002" if threads else "true"
    recorder.load("proc_name=newname syscalls=close")
    run(recorder, f"begin worker; {thread}; tell 3 unseen; tell 3 mark 1000; {renaming}; tell 3 mark 1001; {last}")
    recorder.unload()
    assert tags(recorder.records()) == ([1001, 1002] if threads else [1001])


def test_no_process_can_name_another(recorder: Recorder) -> None:
    # If that changes, it must be tested here that it is noticed.
    assert run(recorder, "begin worker; echo newname > /proc/$pid/comm || echo refused") == ["refused"]


FLIPS = {
    "name": "/proc/self/comm wanted nobody",
    "filter": f"{PARAMETERS}/proc_name programs nobody",
}


@pytest.mark.parametrize("what", FLIPS)
def test_a_change_is_noticed_that_comes_while_the_process_looks_at_itself(recorder: Recorder, what: str) -> None:
    recorder.during(f"./programs flips {FLIPS[what]} 1000 20", "proc_name=wanted syscalls=close flush_ms=10")
    assert [tag for tag in tags(recorder.records()) if tag < 1100] == list(range(1000, 1020))


@pytest.mark.parametrize("way", ["name", "comm"])
def test_a_child_whose_parent_gets_a_name_is_noticed(recorder: Recorder, way: str) -> None:
    recorder.load("parent_proc_name=newname")
    run(
        recorder,
        "begin worker; another child; tell 3 unseen; tell 5 unseen; tell 5 mark 1000; "
        f"tell 3 {way} newname; tell 3 mark 1001; tell 5 mark 1002",
    )
    recorder.unload()
    assert tags(recorder.records()) == [1002]


def test_a_child_whose_parent_execs_into_a_name_is_noticed(recorder: Recorder) -> None:
    recorder.load("parent_proc_name=wanted")
    run(
        recorder,
        "begin worker; another child; tell 3 unseen; tell 5 unseen; tell 5 mark 1000; "
        "echo exec ./wanted >&3; tell 3 mark 1001; tell 5 mark 1002",
    )
    recorder.unload()
    assert tags(recorder.records()) == [1002]


# Its child has a child, which is told by 6.
GRANDCHILD = "another child; mkfifo fifo6; tell 5 child fifo6; exec 6> fifo6"


def test_an_orphan_of_init_is_noticed(recorder: Recorder) -> None:
    recorder.load("ppid=1 syscalls=close")
    run(
        recorder,
        "begin worker; another child; tell 3 unseen; tell 5 unseen; tell 5 mark 1000; "
        "exec 3>&-; wait $pid; tell 5 mark 1001",
    )
    recorder.unload()
    assert tags(recorder.records()) == [1001]


@pytest.mark.parametrize("filter_", ["ppid=$pid", "parent_proc_name=worker"])
def test_an_orphan_that_a_process_adopts_is_noticed(recorder: Recorder, filter_: str) -> None:
    run(
        recorder,
        f"begin worker; tell 3 adopt; {GRANDCHILD}; tell 5 name other; insmod syscord.ko {filter_} syscalls=close; "
        "tell 6 unseen; tell 6 mark 1000; exec 5>&-; tell 3 reap; tell 6 mark 1001; rmmod syscord",
    )
    assert tags(recorder.records()) == [1001]


def test_an_orphan_is_noticed_that_calls_while_its_parent_ends(recorder: Recorder) -> None:
    run(
        recorder,
        "mkfifo fifo; sh -c 'read x; exec ./programs orphans 1000 30' < fifo & pid=$!; exec 3> fifo; "
        "insmod syscord.ko ppid=$pid syscalls=close; echo >&3; wait $pid; rmmod syscord",
    )
    assert tags(recorder.records()) == list(range(1000, 1030))


CHANGES = [
    ("pid", "1", "$pid"),
    ("ppid", "1", "$$"),
    ("proc_name", "nobody", "worker"),
    ("parent_proc_name", "nobody", "s*"),
    ("pid", "1", ""),
]


def test_exits_of_many_threads_take_no_longer_for_a_filter_by_parent(recorder: Recorder) -> None:
    took: dict[str, list[int]] = {"proc_name": [], "parent_proc_name": []}
    # In turns, since what else this host does may double the time of any of them.
    for name in [*took] * 2:
        took[name].append(int(recorder.during("./programs crowd 6000", f"{name}=nosuch", timeout=240)))
    # It was quadratic once: six times as long for these, and more for more.
    assert min(took["parent_proc_name"]) < 3 * min(took["proc_name"])


def test_a_filter_that_is_changed_takes_effect_at_once(recorder: Recorder) -> None:
    recorder.load("syscalls=close")
    script = ["begin worker"]
    for i, (name, wrong, right) in enumerate(CHANGES):
        script += [f"set_to {name} '{wrong}'; tell 3 unseen; tell 3 mark {2000 + i}"]
        script += [f'set_to {name} "{right}"; tell 3 mark {1000 + i}']
    run(recorder, "\n".join(script))
    recorder.unload()
    assert [tag for tag in tags(recorder.records()) if tag < 3000] == list(range(1000, 1000 + len(CHANGES)))


def test_threads_are_seen_or_not_with_their_process(recorder: Recorder) -> None:
    recorder.load("pid=1 syscalls=close")
    run(
        recorder,
        "begin worker; tell 3 unseen; another thread; tell 5 unseen; tell 5 mark 1000; set_to pid $pid; "
        "tell 5 mark 1001; tell 3 mark 1002; rm fifo; another thread; tell 5 mark 1003; "
        "set_to pid 1; tell 3 unseen; tell 5 unseen; tell 5 mark 1004",
    )
    recorder.unload()
    assert tags(recorder.records()) == [1001, 1002, 1003]


def test_the_name_of_a_thread_is_not_its_process_s(recorder: Recorder) -> None:
    recorder.load("proc_name=newname")
    run(
        recorder,
        "begin worker; another thread; tell 3 unseen; tell 5 unseen; "
        "tell 5 name newname; tell 5 mark 1000; tell 3 mark 1001; tell 5 unseen; tell 3 unseen",
    )
    recorder.unload()
    assert recorder.records() == []


@pytest.mark.parametrize("filter_", ["ppid=$pid", "parent_proc_name=worker proc_name=worker"])
def test_a_child_of_a_rejected_process_is_noticed(recorder: Recorder, filter_: str) -> None:
    run(
        recorder,
        f"begin worker; insmod syscord.ko {filter_}; tell 3 unseen; "
        "another child; tell 5 mark 1000; tell 3 mark 1001; rmmod syscord",
    )
    records = recorder.records()
    assert tags(records) == [1000]
    # From its first call on: the child opens the file from which it is told what to do.
    assert [record for record in records if record.fields.get("path") == b"fifo"]


def tracer(arch: str) -> str:
    """Shell functions: ftrace in an instance of its own, which notes getppid() of one process."""
    return f"""
    instance=/sys/kernel/tracing/instances/other
    trace() {{
        mkdir $instance
        for event in sys_enter sys_exit; do
            echo "id == {GETPPID[arch]} && common_pid == $pid" > $instance/events/raw_syscalls/$event/filter
            echo 1 > $instance/events/raw_syscalls/$event/enable
        done
    }}
    untrace() {{ echo 0 > $instance/events/raw_syscalls/enable; rmdir $instance; }}
    forget() {{ echo > $instance/trace; }}
    traced() {{ for event in sys_enter sys_exit; do grep -c "$event: NR" $instance/trace || true; done; }}
    """


def test_a_tracer_that_is_there_sees_all(recorder: Recorder, arch: str) -> None:
    counts = run(
        recorder,
        f"{tracer(arch)}\nbegin worker; trace; echo calls 5000 >&3; insmod syscord.ko pid=1 flush_ms=10; "
        "read x <&4; traced; forget; tell 3 still_seen 500; echo $answer; forget; tell 3 calls 1000; traced",
    )
    assert counts == ["5000", "5000", "1", "1000", "1000"]


def test_a_tracer_that_comes_later_sees_all_within_a_flush_interval(recorder: Recorder, arch: str) -> None:
    recorder.load("pid=1 flush_ms=1000")
    late, *counts = run(
        recorder,
        f"{tracer(arch)}\nbegin worker; tell 3 unseen; trace; tell 3 seen; echo $answer; "
        "forget; tell 3 calls 1000; traced; untrace; tell 3 unseen",
    )
    assert int(late) <= 1000
    assert counts == ["1000", "1000"]


def test_another_recorder_is_a_tracer(recorder: Recorder) -> None:
    recorder.load("pid=1 flush_ms=1000")
    run(
        recorder,
        "begin worker; tell 3 unseen; insmod twin.ko pid=$pid syscalls=close record=/tmp/twin/record; "
        "tell 3 seen; for i in $(seq 1000 1099); do tell 3 mark $i; done; rmmod twin; tell 3 unseen",
    )
    assert tags(recorder.records("/tmp/twin/record")) == list(range(1000, 1100))


def test_unloading_leaves_a_tracer_all(recorder: Recorder, arch: str) -> None:
    # Before the module has noticed it, at least once.
    rounds = [
        "insmod syscord.ko pid=1 flush_ms=1000; tell 3 unseen; trace; rmmod syscord; "
        "forget; tell 3 calls 1000; traced; untrace"
    ] * 3
    counts = run(recorder, f"{tracer(arch)}\nbegin worker; " + "\n".join(rounds))
    assert counts == ["1000"] * 6


# Calls that take the slower way, counted without a probe on sys_enter or sys_exit.
SLOW = """
events=/sys/kernel/tracing/kprobe_events
slow=/sys/kernel/tracing/events/kprobes/slow
count_slow() {
    echo "p:slow $(grep -o 'syscall_trace_enter[^ ]*' /proc/kallsyms | head -n 1)" > $events
    echo "common_pid == $pid" > $slow/filter
    echo 1 > $slow/enable
    tell 3 calls 1000
    echo 0 > $slow/enable
    grep -c 'slow: ' /sys/kernel/tracing/trace || true
    echo > $events
    echo > /sys/kernel/tracing/trace
}
"""


def test_unloading_leaves_no_flag(recorder: Recorder) -> None:
    cleared, after, without = run(
        recorder,
        f"{SLOW}\nbegin worker; insmod syscord.ko pid=1; tell 3 unseen; count_slow; rmmod syscord; count_slow; "
        "insmod syscord.ko pid=1 untrace=0; count_slow; rmmod syscord",
    )
    assert (int(cleared), int(after)) == (0, 0)
    assert int(without) >= 1000
