"""Options that several subcommands have: which traces, and which of their records."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from syscord_read.model.selection import Selection, parse_errnos
from syscord_read.model.syscall_sets import parse_syscalls
from syscord_read.model.times import parse_duration, parse_when, use_utc

Command = Callable[..., Any]


def _parse_numbers(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> frozenset[int]:
    """Numbers, with commas between them."""
    try:
        return frozenset(int(part) for part in _split_at_commas(values))
    except ValueError as error:
        raise click.BadParameter(f"{str(error).rpartition(' ')[2]} is no number") from None


traces_argument = click.argument(
    "traces", metavar="TRACE...", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True, path_type=Path)
)


def _use_utc(_context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        use_utc()


utc_option = click.option(
    "--utc", is_flag=True, expose_value=False, callback=_use_utc, help="Times are of UTC, not of the local zone."
)

_OPTIONS = (
    click.option("-p", "--pid", "pids", callback=_parse_numbers, multiple=True, metavar="PID", help="These processes."),
    click.option("--tid", "tids", callback=_parse_numbers, multiple=True, metavar="TID", help="These threads."),
    click.option(
        "--comm", "comms", multiple=True, metavar="NAME", help="Processes of this name, or shell pattern (nginx*)."
    ),
    click.option(
        "-e",
        "--syscalls",
        multiple=True,
        metavar="NAMES",
        help="These syscalls, with commas between them; with ! before them, all others. %file, %network and the like, "
        "/REGEX and trace= are understood as strace does, open* as the shell does.",
    ),
    click.option("-z", "--ok", is_flag=True, help="Calls that succeeded."),
    click.option("-Z", "--failed", is_flag=True, help="Calls that failed."),
    click.option(
        "--error", "errors", multiple=True, metavar="NAMES", help="Calls that failed with these errors (ENOENT,EACCES)."
    ),
    click.option("--min-duration", metavar="TIME", help="Calls that took as long or longer (250us, 10ms, 1.5s)."),
    click.option("--max-duration", metavar="TIME", help="Calls that took no longer."),
    click.option(
        "-P",
        "--path",
        "paths",
        multiple=True,
        metavar="PATTERN",
        help="Calls on files with a path like this ('/etc/*'), also by descriptor.",
    ),
    click.option(
        "--since",
        metavar="WHEN",
        help="Calls that ended at this time or later: 2026-11-23T14:05:00, 14:05:00 on the first day, seconds since "
        "1970, +10s after the beginning, or -5s before the end.",
    ),
    click.option("--until", metavar="WHEN", help="Calls that ended at this time or earlier."),
    utc_option,
)
_NAMES = (
    "pids",
    "tids",
    "comms",
    "syscalls",
    "ok",
    "failed",
    "errors",
    "min_duration",
    "max_duration",
    "paths",
    "since",
    "until",
)


def selection_options(command: Command) -> Command:
    """Give a subcommand the options that select records; it gets them as ``selection``."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        chosen = {name: options.pop(name) for name in _NAMES}
        return command(*args, selection=_make_selection(**chosen), **options)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _make_selection(
    *,
    pids: frozenset[int],
    tids: frozenset[int],
    comms: tuple[str, ...],
    syscalls: tuple[str, ...],
    ok: bool,
    failed: bool,
    errors: tuple[str, ...],
    min_duration: str | None,
    max_duration: str | None,
    paths: tuple[str, ...],
    since: str | None,
    until: str | None,
) -> Selection:
    if ok and (failed or errors):
        raise click.UsageError("--ok and --failed, or --error, leave nothing")
    names, not_names = parse_syscalls(syscalls)
    return Selection(
        pids=pids,
        tids=tids,
        comms=comms,
        names=names,
        not_names=not_names,
        outcome="ok" if ok else "failed" if failed else "",
        errnos=parse_errnos(_split_at_commas(errors)),
        least=None if min_duration is None else parse_duration(min_duration),
        most=None if max_duration is None else parse_duration(max_duration),
        paths=paths,
        since=None if since is None else parse_when(since),
        until=None if until is None else parse_when(until),
    )


def _split_at_commas(values: Iterable[str]) -> list[str]:
    """What stands between commas."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]
