"""The law of the recorder: seen = recorded + filtered + overwritten + dropped, and what is recorded is in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vm.machine import Machine

_SUMMARY = re.compile(
    r"(?P<recorded>\d+) syscalls recorded in \S+, (?P<dropped>\d+) dropped, (?P<filtered>\d+) filtered out, "
    r"(?P<overwritten>\d+) overwritten, of (?P<seen>\d+) seen"
)
# The last recording of the machine, ended if it still goes on: what the module said, and what its file has.
_LOOK = r"""
cd /tmp
[ ! -d /sys/module/syscord ] || rmmod syscord
said=$(dmesg | sed -n 's/.* syscord: \([0-9]* syscalls recorded in .* seen\)$/\1/p' | tail -n 1)
path=$(echo "$said" | sed 's/.* recorded in \([^ ]*\), .*/\1/')
echo "$said"
[ -n "$path" ] || exit 0
if [ -d "$path" ]; then
    ls $path | grep -q '[.][0-9]*$' && echo rotated || echo one
    ./programs count_records $path
elif [ -e "$path" ]; then
    ls $path.* > rotated 2>&1 && echo rotated || echo one
    cat $path $(ls $path.*[0-9] 2> errors) | grep -vc '^lost=' || true
fi
"""


@dataclass(frozen=True)
class Accounts:
    """What became of all syscalls of a recording; ``in_file``: None if the file is not there any more."""

    seen: int
    recorded: int
    filtered: int
    overwritten: int
    dropped: int
    in_file: int | None
    rotated: bool


def accounts(machine: Machine) -> Accounts | None:
    """Of the last recording in the machine; None if there was none, or the kernel log has lost it."""
    said, *found = machine.run(_LOOK, timeout=120).stdout.splitlines()
    summary = _SUMMARY.fullmatch(said)
    if not summary:
        return None
    numbers = {name: int(number) for name, number in summary.groupdict().items()}
    return Accounts(**numbers, in_file=int(found[1]) if found else None, rotated=found[:1] == ["rotated"])


def check(machine: Machine) -> None:
    """That the law holds, to the unit. Rotation may have removed files."""
    found = accounts(machine)
    if not found:
        return
    assert found.seen == found.recorded + found.filtered + found.overwritten + found.dropped, found
    if found.in_file is not None:
        assert found.in_file == found.recorded or (found.rotated and found.in_file < found.recorded), found
