"""Random programs in the guest: each record must say what the program did. One that it does not say is made small."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from random import Random
from time import monotonic

from syscord_gen.check import load_and_check
from syscord_gen.model import Model
from syscord_gen.paths import HANDLERS
from syscord_read.record.text import BadRecord, Record, parse_line
from torture.errors import TortureError
from torture.fuzz import expect, program
from torture.fuzz.expect import Outcome, Rules
from torture.fuzz.memory import Memory
from torture.fuzz.program import Call
from torture.fuzz.target import Target, ask
from torture.victim import Victim

CALLS = 300
CONTENT = 256
RECORD = "/tmp/unwind/fuzz"
BEGIN, END = "close, fd=-8801, res=-9", "close, fd=-8802, res=-9"
RUN_S = 120.0
#: What is to be known of a program that has left no account.
WHY = 'echo "the program ended with status $status"; cat fuzz.said; df /tmp; ls -l; free;'


def fuzz(victim: Victim, rng: Random, seconds: float, done: Counter[str]) -> None:
    """Run random programs for SECONDS. Raises TortureError with the smallest one whose record is wrong."""
    model, problems = load_and_check(HANDLERS)
    assert not problems
    fuzzer = Fuzzer(victim, model, ask(model, victim.machine.spec.arch))
    end = monotonic() + seconds
    while monotonic() < end:
        seed = rng.randrange(2**32)
        calls = program.random_calls(Random(seed), model, fuzzer.target, CALLS)
        wrong, checked = fuzzer.try_calls(calls)
        done["calls of random programs"] += checked
        done["fields of their records that were compared"] += fuzzer.fields
        fuzzer.fields = 0
        if wrong:
            small = shrink(calls, lambda some: bool(fuzzer.try_calls(some)[0]))
            again, _ = fuzzer.try_calls(small)
            text = "\n".join(map(str, small))
            raise TortureError(f"a record is wrong, program {seed}:\n{again or wrong}\nthe calls:\n{text}")
        victim.look(f"the random program {seed}")
        done["random programs"] += 1


class Fuzzer:
    """Runs programs in a machine."""

    def __init__(self, victim: Victim, model: Model, target: Target) -> None:
        self._victim = victim
        self._rules = Rules(model, target, CONTENT)
        self.target = target
        self.fields = 0  # that were compared

    def try_calls(self, calls: list[Call]) -> tuple[str, int]:
        """What is wrong with the records of the calls, and how many were compared."""
        machine = self._victim.machine
        machine.put(program.encode(calls), "/tmp/program")
        self._victim.run(
            f"rm -rf {RECORD} account fuzz fuzz.said; "
            f"insmod syscord.ko record={RECORD} proc_name=torture content={CONTENT}; "
            "./torture fuzz program account < /dev/null > /dev/null 2>&1; status=$?; rmmod syscord; "
            f"[ -e account ] || {{ {WHY} }} >&2; [ -e account ]",
            timeout=RUN_S,
        )
        account, lines = machine.get("/tmp/account"), machine.get(RECORD).decode("ascii").splitlines()
        pid, count = struct.unpack_from("<QQ", account)
        return self._compare(calls[:count], account, _of_program(lines, pid)), count

    def _compare(self, calls: list[Call], account: bytes, lines: list[str]) -> str:
        if len(lines) < len(calls):
            return f"{len(calls)} calls were made, but there are {len(lines)} records"
        at = 16
        for number, (call, line) in enumerate(zip(calls, lines, strict=False)):
            result, memory, at = _outcome(call, account, at)
            try:
                record = parse_line(line)
            except BadRecord as error:
                return f"call {number}, {call}\n{error}\n{line}"
            assert isinstance(record, Record)
            wrong, compared = expect.judge(call, Outcome(result, memory), record, self._rules)
            self.fields += compared
            if wrong:
                return f"call {number}, {call}\n" + "\n".join(wrong) + f"\n{line[:2000]}"
        return ""


def _outcome(call: Call, account: bytes, at: int) -> tuple[int, Memory, int]:
    """What the program has written down of a call that begins at AT, and where the next one begins."""
    (result,) = struct.unpack_from("<q", account, at)
    at += 8
    memory = Memory()
    for address, size in call.copies:
        memory.pieces[address] = account[at : at + size]
        at += size
    return result, memory, at


def _of_program(lines: list[str], pid: int) -> list[str]:
    """The records of a process, between its marks."""
    own = [line for line in lines if line.startswith(f"pid={pid}, ")]
    begin = next((i for i, line in enumerate(own) if line.endswith(BEGIN)), len(own))
    end = next((i for i, line in enumerate(own) if line.endswith(END)), len(own))
    return own[begin + 1 : end]


def shrink(calls: list[Call], fails: Callable[[list[Call]], bool]) -> list[Call]:
    """The fewest of the calls, found by leaving out ever smaller parts, that still fail."""
    size = max(1, len(calls) // 2)
    while True:
        start = 0
        while start < len(calls):
            rest = calls[:start] + calls[start + size :]
            if rest and fails(rest):
                calls = rest
            else:
                start += size
        if size == 1:
            return calls
        size //= 2
