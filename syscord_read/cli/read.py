"""``syscord read``: prints records."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import bar, is_quiet, tell_problems

if TYPE_CHECKING:
    from syscord_read.model.batch import Batch, Bools
    from syscord_read.model.select import Selection

EXAMPLES = """\b
Examples:
  syscord read /var/tmp/trace                          as the module itself writes text
  syscord read --style strace -f -tt -T /var/tmp/trace as strace -f -tt -T writes it
  syscord read --style json /var/tmp/trace | jq .path
  syscord read --comm 'nginx*' --failed /var/tmp/trace what went wrong in nginx
  syscord read --min-duration 10ms /var/tmp/trace      what took long
  syscord read --since +10s --until +20s /var/tmp/trace
  syscord read --follow -P '/etc/*' /var/tmp/trace     live, until Ctrl-C
"""

#: A style: makes bytes of batches, of each of which only the rows of the mask are to be written.
Style = Callable[["Iterable[tuple[Batch, Bools]]"], "Iterator[Any]"]


@click.command("read", epilog=EXAMPLES, short_help="Print records.")
@traces_argument
@click.option(
    "--style",
    type=click.Choice(["record", "strace", "json"]),
    default="record",
    show_default=True,
    help="The module's text, strace's way of writing, or JSON Lines.",
)
@click.option("--follow", is_flag=True, help="Wait for what is recorded next, until Ctrl-C.")
@selection_options
@click.option("-f", "children", is_flag=True, help="strace: say of each line whose it is.")
@click.option("-t", "clock", count=True, help="strace: when a call began; -tt: with microseconds; -ttt: since 1970.")
@click.option("-r", "relative", is_flag=True, help="strace: how long after the call before it began.")
@click.option("-T", "durations", is_flag=True, help="strace: how long a call took.")
@click.option("-y", "descriptors", is_flag=True, help="strace: what file descriptors stand for.")
@click.option("-s", "strings", type=click.IntRange(0), metavar="N", help="strace: characters of a string; else 32.")
def command(traces: tuple[Path, ...], style: str, follow: bool, selection: Selection, **options: Any) -> int:
    """Print the records of each TRACE.

    All of the conditions must hold. Where several values are given for one, any of them will do.
    """
    from syscord_read.measure.reading import read  # noqa: PLC0415 - it loads numpy and pyarrow
    from syscord_read.source import open_source  # noqa: PLC0415 - as above

    write = _style(style, options, follow=follow)
    source = open_source(traces, more=follow)
    with bar("Reading", source.size, shown=is_quiet() and not follow) as progress:
        # What a descriptor stands for may have been said by a call that is not selected.
        masked = read(source, selection, progress.advance, everything=options["descriptors"], follow=follow)
        _print(write(masked), flush=follow)
    return tell_problems(source)


def _print(buffers: Iterable[Any], *, flush: bool) -> None:
    output = sys.stdout.buffer
    for buffer in buffers:
        output.write(buffer)
        if flush:
            output.flush()
    output.flush()


def _style(name: str, options: dict[str, Any], *, follow: bool) -> Style:
    if name != "strace":
        given = [option for option, value in _STRACE.items() if options[value] not in (None, False, 0)]
        if given:
            raise click.UsageError(f"{given[0]} is an option of --style strace")
    match name:
        case "record":
            from syscord_read.write import record  # noqa: PLC0415 - as above

            return lambda masked: (record.lines(batch) for batch, _ in masked)
        case "json":
            from syscord_read.write import json  # noqa: PLC0415

            writer = json.Writer()
            return lambda masked: (writer.lines(batch) for batch, _ in masked)
        case _:
            return lambda masked: _strace(masked, options, follow=follow)


#: strace's options, and what they are called here.
_STRACE = {
    "-f": "children",
    "-t": "clock",
    "-r": "relative",
    "-T": "durations",
    "-y": "descriptors",
    "-s": "strings",
}


def _strace(masked: Iterable[tuple[Batch, Bools]], options: dict[str, Any], *, follow: bool) -> Iterator[bytes]:
    from syscord_read.model.history import History  # noqa: PLC0415 - as above
    from syscord_read.write.strace import Options, Time, lines  # noqa: PLC0415

    history = History()
    standard = Options()
    chosen = Options(
        follow=options["children"],
        time=(Time.NONE, Time.SECONDS, Time.MICROSECONDS, Time.EPOCH)[min(options["clock"], 3)],
        relative=options["relative"],
        duration=options["durations"],
        paths=options["descriptors"],
        strings=standard.strings if options["strings"] is None else options["strings"],
        window=0 if follow else standard.window,
    )
    text = lines(history.events_and_asides(masked), chosen, history.processes.files, history.classes)
    yield from (f"{line}\n".encode("utf-8", "surrogateescape") for line in text)
