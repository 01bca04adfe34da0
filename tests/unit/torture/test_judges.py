"""Who judges must see what is wrong: in a kernel's log, in the counters, in a record, in a kernel's options."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from syscord_gen.check import load_and_check
from syscord_gen.model import Model
from syscord_gen.paths import HANDLERS
from syscord_read.record.text import Record, parse_line
from torture import cycles, kernel_log, law
from torture.fuzz import expect, program
from torture.fuzz.expect import Outcome, Rules
from torture.fuzz.memory import Memory, Unknown, area
from torture.fuzz.program import Call
from torture.fuzz.run import shrink
from torture.fuzz.target import Target, ask
from torture.report import Report
from vm import architectures
from vm.built import missing

AT = area(1)


@pytest.mark.parametrize(
    "line",
    [
        "[    1.0] BUG: KASAN: slab-out-of-bounds in put_string+0x1/0x2 [syscord]",
        "[    1.0] WARNING: possible recursive locking detected",
        "[    1.0] WARNING: suspicious RCU usage",
        "[    1.0] BUG: sleeping function called from invalid context at mm/util.c:1",
        "[    1.0] UBSAN: shift-out-of-bounds in ring.h:1:2",
        "[    1.0] INFO: task syscord:12 blocked for more than 300 seconds.",
        "[    1.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "[    1.0] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    ],
)
def test_a_report_of_the_kernel_is_trouble(line: str) -> None:
    assert kernel_log.troubles(f"[    0.9] before\n{line}\n[    1.1] after") == [line]


def test_usual_lines_are_no_trouble() -> None:
    log = (
        "[ 0.0] rcu: \tRCU callback double-/use-after-free debug is enabled.\n[ 1.0] syscord: 3 syscalls recorded in /r"
    )
    assert kernel_log.troubles(log) == []


RACE = "[    1.0] BUG: KCSAN: data-race in {}\n"


@pytest.mark.parametrize(
    "functions",
    ["a_probe [syscord] / b_writer [syscord]", "a_probe [syscord] / __set_task_comm", "__set_task_comm / a [syscord]"],
)
def test_a_race_of_the_module_is_trouble(functions: str) -> None:
    log = RACE.format(functions)
    assert kernel_log.troubles(log) == log.splitlines()
    assert kernel_log.races_of_kernel(log) == []


def test_a_race_of_the_kernels_own_is_only_counted() -> None:
    log = RACE.format("tick_nohz_stop_tick / tick_sched_timer") + "[ 1.0] write_packet+0x1/0x2 [syscord]\n"
    assert kernel_log.troubles(log) == []
    assert kernel_log.races_of_kernel(log) == ["tick_nohz_stop_tick / tick_sched_timer"]


def test_the_page_of_a_run_has_all_that_was_done_and_left_out(tmp_path: Path) -> None:
    report = Report("invoke torture --seed 1", "6.1.0-some", tmp_path / "deep/page.md")
    report.done["loads and unloads"] += 1234
    report.left_out.append("the search for leaks: this kernel has no x")
    report.races += ["a / b", "a / b"]
    report.write()
    page = report.path.read_text()
    assert "`invoke torture --seed 1`, Linux 6.1.0-some" in page
    assert "passed" in page
    assert "| loads and unloads | 1,234 |" in page
    assert "- the search for leaks" in page
    assert "- 2 times: `a / b`" in page
    report.write(fault="BUG: KASAN")
    assert "ended by a fault: BUG: KASAN" in report.path.read_text()


def test_the_law_at_the_end_holds_to_the_unit() -> None:
    said = "syscord: 5 syscalls recorded in /x, 1 dropped, 3 filtered out, 0 overwritten, of {} seen\n"
    summaries = law.summaries(said.format(9) + said.format(10))
    assert [summary.is_lawful for summary in summaries] == [True, False]


def test_the_law() -> None:
    stats = "seen=10\nrecorded=5\nfiltered=3\noverwritten=0\ndropped_ring=2\ndropped_sink=0\n"
    assert law.broken(law.read_stats(stats)) == ""
    assert "seen=10" in law.broken(law.read_stats(stats.replace("filtered=3", "filtered=4")))
    wrapped = stats.replace("overwritten=0", f"overwritten={2**64 - 1}").replace("seen=10", f"seen={2**64 + 9}")
    assert "below zero" in law.broken(law.read_stats(wrapped))


def test_the_same_seed_gives_the_same_cycles() -> None:
    first, second = Random(7), Random(7)
    assert [cycles.full(first) for _ in range(20)] == [cycles.full(second) for _ in range(20)]


def test_options_that_the_kernel_took_away_are_named() -> None:
    wanted = "# why\nCONFIG_A=y\nCONFIG_B=n\nCONFIG_C=y\nCONFIG_D=4\n"
    assert missing(wanted, "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_D=5\n") == ["CONFIG_C=y", "CONFIG_D=4"]


def test_shrinking_leaves_the_fewest_that_fail() -> None:
    calls = [Call(model().syscalls[0], nr, (), (), ()) for nr in range(100)]
    small = shrink(calls, lambda some: {17, 63} <= {call.nr for call in some})
    assert [call.nr for call in small] == [17, 63]


def test_memory_ends_where_its_area_ends() -> None:
    memory = Memory()
    edge = AT + 0x20000 - 0x1000 - 4
    memory.put(edge, b"abcdefgh")
    assert memory.read(edge, 8) == (b"abcd", True)
    assert memory.string(edge, 4095) == (b"abcd", False, True)
    with pytest.raises(Unknown):
        memory.read(AT, 1)


def model() -> Model:
    found, problems = load_and_check(HANDLERS)
    assert not problems
    return found


@pytest.fixture(scope="module")
def rules() -> Rules:
    """For this host."""
    handlers = model()
    return Rules(handlers, ask(handlers, architectures.host()), 256)


def opened(rules: Rules) -> Call:
    """openat(-100, "a\\nb", O_CREAT, 0600)"""
    openat = next(each for each in rules.model.syscalls if each.name == "openat")
    return Call(openat, 0, (2**64 - 100, AT, 0o100, 0o600), ((AT, b"a\nb\0"),), ())


RIGHT = 'pid=1, openat, dir=-100, path="a\\nb", flags=64, mode=384, res=3'


def said(call: Call, line: str, rules: Rules) -> list[str]:
    record = parse_line(line)
    assert isinstance(record, Record)
    return expect.judge(call, Outcome(3, Memory()), record, rules)[0]


def test_a_right_record_is_right(rules: Rules) -> None:
    assert said(opened(rules), RIGHT, rules) == []


@pytest.mark.parametrize(
    ("right", "wrong", "label"),
    [
        ("dir=-100", "dir=-101", "dir"),
        ("a\\nb", "a\\nc", "path"),
        ('path="a', 'path(part)="a', "path"),
        ("res=3", "res=4", "res"),
        (", mode=384", "", "mode"),
        ("openat", "open", "open"),
    ],
)
def test_each_wrong_field_is_named(rules: Rules, right: str, wrong: str, label: str) -> None:
    assert label in "".join(said(opened(rules), RIGHT.replace(right, wrong), rules))


def test_memory_that_cannot_be_read_must_be_a_fault(rules: Rules) -> None:
    call = replace(opened(rules), args=(2**64 - 100, 2**64 - 1, 0o100, 0o600), sets=())
    assert said(call, RIGHT.replace('"a\\nb"', "<fault>"), rules) == []
    assert said(call, RIGHT, rules) != []


def read_into_parts(rules: Rules, after: bytes, line: str) -> list[str]:
    """readv(3, parts, 2) = 6, where the second thread pointed the first part at another place meanwhile."""
    readv = next(each for each in rules.model.syscalls if each.name == "readv")
    parts = struct.pack("<QQQQ", AT, 4, AT + 4, 4)
    call = Call(readv, 0, (3, area(2), 2), ((area(2), parts),), ())
    record = parse_line(line)
    assert isinstance(record, Record)
    moved = Memory({area(2): struct.pack("<QQQQ", AT + 4, 4, AT + 4, 4), AT: after})
    return expect.judge(call, Outcome(6, moved), record, rules)[0]


def test_what_was_read_into_parts_is_where_the_entry_said(rules: Rules) -> None:
    line = "pid=1, readv, fd=3, iovcnt=2, sizes=[{len=4} {len=4}], res=6, data=abcdef"
    assert read_into_parts(rules, b"abcdefgh", line) == []
    assert "data" in "".join(read_into_parts(rules, b"abcdxxgh", line))
    late = line.replace("data=abcdef", "data(late)=efgh")
    assert read_into_parts(rules, b"abcdefgh", late) == []


def test_a_random_program_is_the_same_for_the_same_seed(rules: Rules) -> None:
    def one(target: Target) -> bytes:
        return program.encode(program.random_calls(Random(5), rules.model, target, 50))

    assert one(rules.target) == one(rules.target)


def test_no_random_call_of_select_waits_for_long(rules: Rules) -> None:
    select = next(each for each in rules.model.syscalls if each.name == "select")
    target = replace(rules.target, numbers={"select": 23})
    place = select.position("tvp")
    for call in program.random_calls(Random(7), rules.model, target, 500):
        data, fault = call.memory.read(call.args[place], 16)
        if not fault:
            seconds, microseconds = struct.unpack("<qq", data)
            assert seconds < 0 or microseconds < 0 or microseconds <= 1000, str(call)
