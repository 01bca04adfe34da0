"""The law of the recorder: seen = recorded + filtered + overwritten + dropped, and what is recorded is in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vm.machine import Machine

_SUMMARY = re.compile(
    r"(?P<recorded>\d+) syscalls recorded in (?P<path>\S+), (?P<dropped>\d+) dropped, (?P<filtered>\d+) filtered out, "
    r"(?P<overwritten>\d+) overwritten, of (?P<seen>\d+) seen"
)
# What the module said of each recording, the last one ended if it still goes on; then what is in its file.
_LOOK = r"""
cd /tmp
[ ! -d /sys/module/syscord ] || rmmod syscord
said=$(dmesg | sed -n 's/.* syscord: \([0-9]* syscalls recorded in .* seen\)$/\1/p')
path=$(echo "$said" | tail -n 1 | sed 's/.* recorded in \([^ ]*\), .*/\1/')
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
    """What became of all syscalls of a recording into ``path``."""

    path: str
    seen: int
    recorded: int
    filtered: int
    overwritten: int
    dropped: int

    @property
    def is_lawful(self) -> bool:
        """Whether each syscall that was seen is accounted for once."""
        return self.seen == self.recorded + self.filtered + self.overwritten + self.dropped


def check(machine: Machine) -> None:
    """That the law holds for all recordings that the kernel log knows of, to the unit.

    A record is appended to: it has what all recordings say of it, or just the last one if it was removed before.
    Rotation may have removed files.
    """
    lines = machine.run(_LOOK, timeout=120).stdout.splitlines()
    found = [_accounts(summary) for line in lines if (summary := _SUMMARY.fullmatch(line))]
    assert all(each.is_lawful for each in found), found
    if not found or not lines[-1].isdecimal():
        return
    in_file, rotated = int(lines[-1]), lines[-2] == "rotated"
    in_all = sum(each.recorded for each in found if each.path == found[-1].path)
    assert in_file in (found[-1].recorded, in_all) or (rotated and in_file < in_all), (in_file, found)


def _accounts(summary: re.Match[str]) -> Accounts:
    said = summary.groupdict()
    return Accounts(said.pop("path"), **{name: int(count) for name, count in said.items()})
