"""Filters: each alone, all together, and changed while the module runs.

The programs make calls that can be told apart: close() of a file descriptor that is a tag with a minus before it.
"""

from __future__ import annotations

import shlex

from syscord_read.model.value import parse_integer
from syscord_read.record.text import Record
from tests.guest.recorder import PARAMETERS, Recorder

# A process that has a number before it does anything: at `echo > go` it becomes the program. See tools.c for `family`.
WAITING = "rm -f go; mkfifo go; sh -c 'read x; exec ./programs {}' < go & pid=$!"
PROCESS, CHILD = {1000, 1001, 1002}, {1010, 1011}  # the tags of `family 1000`, threads included


def tags(records: list[Record]) -> list[int]:
    """The tags that were recorded, in the record's order."""
    fds = [parse_integer(record.fields["fd"]) for record in records if record.name == "close" and record.fields]
    return [-fd for fd in fds if fd <= -1000]


def test_without_a_filter_everything_is_recorded(recorder: Recorder) -> None:
    recorder.during("./programs family 1000")
    assert set(tags(recorder.records())) == PROCESS | CHILD
    assert {record.name for record in recorder.records()} >= {"clone", "execve", "exit_group", "mmap", "openat"}


def test_pid_is_the_process_with_all_its_threads(recorder: Recorder) -> None:
    waiting = WAITING.format("family 1000")
    pid = recorder.run(
        f"{waiting}; insmod syscord.ko pid=$pid; ./programs mark 2000; echo > go; wait $pid; rmmod syscord; echo $pid"
    )
    assert set(tags(recorder.records())) == PROCESS
    assert {record.pid for record in recorder.records()} == {int(pid)}


def test_pid_may_be_a_list(recorder: Recorder) -> None:
    recorder.run(
        "mkfifo a b c; for i in a b c; do sh -c 'read x; exec ./programs mark 100$x' < $i & pids=$pids,$!; done; "
        "first=${pids#,}; insmod syscord.ko pid=${first%,*}; echo 0 > a; echo 1 > b; echo 2 > c; wait; rmmod syscord"
    )
    assert set(tags(recorder.records())) == {1000, 1001}


def test_ppid_is_the_children(recorder: Recorder) -> None:
    waiting = WAITING.format("family 1000")
    recorder.run(f"{waiting}; insmod syscord.ko ppid=$pid; echo > go; wait $pid; rmmod syscord")
    assert set(tags(recorder.records())) == CHILD


def test_parent_proc_name_is_the_children(recorder: Recorder) -> None:
    recorder.during("ln programs parent; ./parent family 1000; ./programs family 2000", "parent_proc_name=parent")
    assert set(tags(recorder.records())) == CHILD


NAMES = ["alpha", "alphabet", "beta", "a_name_of_more_than_15", "a_name_of_more_"]
PATTERNS = {
    "alpha": {"alpha"},
    "alph": set(),
    "alpha*": {"alpha", "alphabet"},
    "?eta": {"beta"},
    "[!a]*": {"beta"},
    "alpha,beta": {"alpha", "beta"},
    "gamma,b*": {"beta"},
    "ALPHA": set(),
    # The kernel keeps 15 characters of a name, so these two are one.
    "a_name_of_more_than_15": {"a_name_of_more_than_15", "a_name_of_more_"},
    "a_name_of_more_": {"a_name_of_more_than_15", "a_name_of_more_"},
    "a_name_of_more": set(),
    "a_name*": {"a_name_of_more_than_15", "a_name_of_more_"},
    "": set(NAMES),
}


def test_proc_name_is_a_name_or_a_pattern(recorder: Recorder) -> None:
    script = [f"for name in {' '.join(NAMES)}; do ln programs $name; done"]
    for i, pattern in enumerate(PATTERNS):
        script.append(f"echo {shlex.quote(pattern)} > {PARAMETERS}/proc_name")
        script += [f"./{name} mark {1000 + 100 * i + j}" for j, name in enumerate(NAMES)]
    recorder.during("\n".join(script), "proc_name=nobody")
    recorded = tags(recorder.records())
    matched = {
        pattern: {name for j, name in enumerate(NAMES) if 1000 + 100 * i + j in recorded}
        for i, pattern in enumerate(PATTERNS)
    }
    assert matched == PATTERNS


def test_a_pattern_can_be_given_at_load(recorder: Recorder) -> None:
    recorder.during("for i in nginx ngin x; do ln programs $i; ./$i mark 100${#i}; done", "proc_name='nginx*,x'")
    assert tags(recorder.records()) == [1005, 1001]


# A child of the shell, called "worker", that makes one call at each `step`.
STEPS = """
ln programs worker; mkfifo go done
./worker steps 1000 100 < go > done & pid=$!
exec 3> go 4< done
step() { echo >&3; read x <&4; }
set_to() { printf %s "$2" > PARAMETERS/$1; }
""".replace("PARAMETERS", PARAMETERS)


def test_all_filters_together_must_all_match(recorder: Recorder) -> None:
    right = {"pid": "$pid", "ppid": "$$", "proc_name": "worker", "parent_proc_name": "sh", "syscalls": "close"}
    wrong = {"pid": "1", "ppid": "$pid", "proc_name": "sh", "parent_proc_name": "worker", "syscalls": "lseek"}
    script = [STEPS, "insmod syscord.ko " + " ".join(f"{name}={value}" for name, value in right.items()), "step"]
    for name, value in wrong.items():
        script += [f'set_to {name} "{value}"; step', f'set_to {name} "{right[name]}"; step']
    recorder.run("\n".join([*script, "rmmod syscord"]))
    # At every second step one of the filters did not match; what was set took effect at once.
    assert tags(recorder.records()) == [1000, 1002, 1004, 1006, 1008, 1010]
    assert {record.name for record in recorder.records()} == {"close"}


def test_an_empty_list_matches_all_again(recorder: Recorder) -> None:
    recorder.run(f"{STEPS}\ninsmod syscord.ko pid=1; step; set_to pid ' '; step; set_to pid 1; step; rmmod syscord")
    assert tags(recorder.records()) == [1001]


def test_syscalls_are_chosen_by_name(recorder: Recorder) -> None:
    recorder.during(
        f"ls /etc > out; ./programs mark 1000; echo openat > {PARAMETERS}/syscalls; "
        "ls /etc > out; ./programs mark 1001",
        "syscalls=close,getdents64",
    )
    records = recorder.records()
    then = next(i for i, record in enumerate(records) if record.name == "openat")
    assert {record.name for record in records[:then]} == {"close", "getdents64"}
    assert {record.name for record in records[then:]} == {"openat"}
    assert tags(records) == [1000]


def test_a_renamed_process_is_known_by_its_new_name(recorder: Recorder) -> None:
    recorder.during("./programs renames newname 1000", "proc_name=newname")
    # Its thread calls itself something else, and is of that process all the same.
    assert tags(recorder.records()) == [1001, 1002]
    assert recorder.records()[0].name == "prctl"
    assert recorder.records()[0].unseen


def test_exec_into_a_name_begins_to_match(recorder: Recorder) -> None:
    recorder.during("ln programs wanted; sh -c 'exec ./wanted mark 1000'", "proc_name=wanted")
    first = recorder.records()[0]
    assert (first.name, first.unseen, first.res) == ("execve", True, 0)
    # It was another program's call, but what it asked for is there in the new one.
    assert first.fields == {"path": b"./wanted", "argv": (b"./wanted", b"mark", b"1000")}
    assert first.marks == {"path": {"late"}, "argv": {"late"}}
    assert tags(recorder.records()) == [1000]


def test_exec_out_of_a_name_ends_to_match(recorder: Recorder) -> None:
    script = "./programs mark 1000; exec ./programs mark 1001"
    recorder.during(f"cp /bin/sh wanted; ./wanted -c '{script}'", "proc_name=wanted")
    assert tags(recorder.records()) == []
    assert recorder.records()[-1].name == "execve"


def test_what_is_filtered_out_is_counted(recorder: Recorder) -> None:
    recorder.load("syscalls=close")
    recorder.run("./programs burst 500")
    stats = recorder.stats()
    assert stats["recorded"] >= 500
    assert stats["filtered"] > 0
    assert stats["seen"] == stats["recorded"] + stats["filtered"]


BAD = [
    ("pid", "0"),
    ("pid", "-3"),
    ("pid", "x"),
    ("pid", "1,,2"),
    ("pid", "1,"),
    ("pid", "4294967297"),
    ("pid", ",".join(str(i) for i in range(1, 34))),
    ("ppid", "0"),
    ("proc_name", "a,,b"),
    ("proc_name", "*" * 64),
    ("parent_proc_name", "x" * 64),
    ("syscalls", "nosuch"),
    ("syscalls", "close,nosuch"),
]


def test_a_bad_filter_is_refused_and_the_old_one_stays(recorder: Recorder) -> None:
    good = {"pid": "7,8", "ppid": "9", "proc_name": "a*,b", "parent_proc_name": "c", "syscalls": "close,read"}
    recorder.load(" ".join(f"{name}='{value}'" for name, value in good.items()))
    for name, value in BAD:
        recorder.run("dmesg -C")
        refused = recorder.set(name, value)
        assert "Invalid argument" in refused.stderr or "Argument list too long" in refused.stderr, f"{name}={value}"
        (line,) = recorder.log()
        assert line.startswith(name), line
        assert recorder.value(name) == good[name]
    assert {name: recorder.value(name) for name in good} == good


def test_other_parameters_can_only_be_read(recorder: Recorder) -> None:
    recorder.load()
    modes = dict(line.split() for line in recorder.run(f"cd {PARAMETERS}; stat -c '%n %a' *").splitlines())
    writable = {"pid", "ppid", "proc_name", "parent_proc_name", "syscalls", "max_mb", "min_free_mb"}
    readable = {"content", "record", "ring_kb", "flush_ms", "threads", "stats", "sink", "mode"}
    readable |= {"rotate_mb", "rotate_s", "keep", "untrace", "pending_kb", "on_full", "wait_ms"}
    assert modes == dict.fromkeys(writable, "600") | dict.fromkeys(readable, "400") | {"snapshot": "200"}
    assert all(recorder.set(name, "100").status for name in readable)
