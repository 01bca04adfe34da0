"""``syscord read``: prints records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import end, is_output_a_file, print_what_is_unknown, progress_bar, write_out
from syscord_read.model.selection import Selection
from syscord_read.write.strace.options import Options, Time

if TYPE_CHECKING:
    from syscord_read.model.batch import Batch, MaskedBatch

EXAMPLES = """\b
Examples:
  syscord read /var/tmp/trace                          # as the module itself writes text
  syscord read --style strace -tt -T /var/tmp/trace    # as strace -tt -T writes it
  syscord read --style json /var/tmp/trace | jq -r '.args.path // empty'
  syscord read --comm 'nginx*' --failed /var/tmp/trace # what went wrong in nginx
  syscord read --min-duration 10ms /var/tmp/trace      # what took long
  syscord read --since +10s --until +20s /var/tmp/trace
  syscord read --follow -P '/etc/*' /var/tmp/trace     # live, until Ctrl-C
"""

#: Makes bytes of batches.
Style = Callable[["Iterable[MaskedBatch]"], "Iterator[Any]"]

#: strace's options, and what they are called here.
_STRACE_OPTIONS = {
    "-f": "children",
    "-t": "clock",
    "-r": "relative",
    "-T": "durations",
    "-y": "descriptors",
    "-s": "strings",
}


@click.command("read", epilog=EXAMPLES, short_help="Print records.")
@traces_argument
@click.option(
    "--style",
    type=click.Choice(["record", "strace", "json"]),
    default="record",
    show_default=True,
    help="The module's text, strace's way of writing, or JSON Lines.",
)
@click.option("--follow", is_flag=True, help="Wait for what is recorded next, until the recording ends, or Ctrl-C.")
@selection_options
@click.option("-f", "children", is_flag=True, help="strace: needless, as all processes that are selected are shown.")
@click.option("-t", "clock", count=True, help="strace: when a call began; -tt: with microseconds; -ttt: since 1970.")
@click.option("-r", "relative", is_flag=True, help="strace: how long after the call before it began.")
@click.option("-T", "durations", is_flag=True, help="strace: how long a call took.")
@click.option("-y", "descriptors", is_flag=True, help="strace: what file descriptors stand for.")
@click.option("-s", "strings", type=click.IntRange(0), metavar="N", help="strace: characters of a string; else 32.")
def command(traces: tuple[Path, ...], style: str, follow: bool, selection: Selection, **options: Any) -> int:
    """Print the records of each TRACE.

    All of the conditions must hold. Where several values are given for one, any of them will do.
    """
    # They load numpy and pyarrow, which takes longer than --help may; of the styles, one is enough.
    from syscord_read.source import open_source  # noqa: PLC0415
    from syscord_read.write.strace.view import names_of  # noqa: PLC0415

    if style != "strace":
        _refuse_strace_options(options)
    source = open_source(traces, live=follow)
    if options["descriptors"] or selection.paths:
        print_what_is_unknown(source)
    write: Style
    match style:
        case "record":
            from syscord_read.write.record import lines  # noqa: PLC0415

            write = partial(_each_batch, lines)
        case "json":
            from syscord_read.write.json import Writer  # noqa: PLC0415

            write = partial(_each_batch, Writer(names_of(source), source.selector(selection).wants_exit).lines)
        case _:
            from syscord_read.write.strace.output import text  # noqa: PLC0415

            write = partial(text, options=_strace_options(options, follow=follow), names=names_of(source))

    with progress_bar("Reading", source.size, shown=is_output_a_file() and not follow) as progress:
        # The call that opened a descriptor may not be selected.
        everything = options["descriptors"]
        masked = source.masked_batches(selection, progress.advance, everything=everything, follow=follow)
        try:
            _print(write(masked), flush=follow)
        except KeyboardInterrupt:
            end(source, following=True)
            raise
    return end(source)


def _each_batch(lines: Callable[[Batch], Any], masked: Iterable[MaskedBatch]) -> Iterator[Any]:
    """What is written of each batch.  The mask is not needed: without -y, only what is selected was read."""
    return (lines(batch) for batch, _ in masked)


def _refuse_strace_options(options: dict[str, Any]) -> None:
    given = [option for option, name in _STRACE_OPTIONS.items() if options[name] not in (None, False, 0)]
    if given:
        raise click.UsageError(f"{given[0]} is an option of --style strace")


def _strace_options(options: dict[str, Any], *, follow: bool) -> Options:
    return Options(
        time=(Time.NONE, Time.SECONDS, Time.MICROSECONDS, Time.EPOCH)[min(options["clock"], 3)],
        relative=options["relative"],
        duration=options["durations"],
        paths=options["descriptors"],
        strings=Options.strings if options["strings"] is None else options["strings"],
        window=0 if follow else Options.window,
    )


def _print(buffers: Iterable[Any], *, flush: bool) -> None:
    for buffer in buffers:
        write_out(buffer, flush=flush)
    write_out(b"", flush=True)
