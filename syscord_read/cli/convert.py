"""The subcommand ``convert``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import bar, tell_problems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syscord_read.model.batch import Batch
    from syscord_read.model.select import Selection
    from syscord_read.source import Source

EXAMPLES = """\b
Examples:
  syscord convert --to parquet -o calls /var/tmp/trace
  duckdb -c "SELECT syscall, count(*) FROM 'calls/**/*.parquet' GROUP BY ALL"
  syscord convert --to perfetto -o calls.pftrace --since +10s --until +20s /var/tmp/trace
  syscord convert --to json -o calls.jsonl /var/tmp/trace
"""


@click.command("convert", epilog=EXAMPLES, short_help="Write Parquet, a Perfetto trace, or JSON Lines.")
@traces_argument
@click.option("--to", "kind", type=click.Choice(["parquet", "perfetto", "json"]), required=True, help="What to write.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="OUT",
    help="The file; of Parquet, a folder.",
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option(
    "--timestamps",
    type=click.Choice(["us", "ns"]),
    default="us",
    show_default=True,
    help="parquet: the unit of the column ts; Spark does not read ns unless told to.",
)
@selection_options
def command(
    *, traces: tuple[Path, ...], kind: str, output: Path, force: bool, timestamps: str, selection: Selection
) -> int:
    """Write the records of each TRACE in another format: for DuckDB and Spark, for ui.perfetto.dev, for scripts.

    The output has its name when it is complete.
    """
    from syscord_read.source import open_source  # noqa: PLC0415 - it loads numpy and pyarrow

    source = open_source(traces)
    with bar("Converting", source.size) as progress:
        batches = source.batches(selection, progress.advance)
        _write(kind, batches, source, output, force=force, timestamps=timestamps)
    return tell_problems(source)


def _write(kind: str, batches: Iterable[Batch], source: Source, output: Path, *, force: bool, timestamps: str) -> None:
    from syscord_read.write.atomic import atomic_file, atomic_folder  # noqa: PLC0415 - as above

    match kind:
        case "parquet":
            from syscord_read.write import parquet  # noqa: PLC0415 - as above

            with atomic_folder(output, parquet.is_ours, force=force) as folder:
                parquet.write(batches, source, folder, timestamps)
        case "perfetto":
            from syscord_read.write import perfetto  # noqa: PLC0415 - as above

            with atomic_file(output, force=force) as file:
                perfetto.write(batches, source, file)
        case _:
            from syscord_read.write import json  # noqa: PLC0415 - as above

            with atomic_file(output, force=force) as file:
                writer = json.Writer()
                for batch in batches:
                    file.write(writer.lines(batch))
