"""The subcommand ``convert``."""

from __future__ import annotations

from pathlib import Path

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import STANDARD_OUTPUT, end, output_file, progress_bar
from syscord_read.model.selection import Selection

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
    help="The file, of which - is the standard output; of Parquet, a folder.",
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
    # They load numpy and pyarrow, which takes longer than --help may.
    from syscord_read.source import open_source  # noqa: PLC0415
    from syscord_read.write import json, parquet, perfetto  # noqa: PLC0415
    from syscord_read.write.atomic import atomic_folder  # noqa: PLC0415
    from syscord_read.write.strace.view import names_of  # noqa: PLC0415

    if kind == "parquet" and output == STANDARD_OUTPUT:
        raise click.UsageError("Parquet is a folder: give its name")
    source = open_source(traces)
    wants_exit = source.selector(selection).wants_exit
    with progress_bar("Converting", source.size) as progress:
        batches = source.batches(selection, progress.advance)
        match kind:
            case "parquet":
                with atomic_folder(output, parquet.is_ours, force=force) as folder:
                    parquet.write(batches, source, folder, timestamps, wants_exit)
            case "perfetto":
                with output_file(output, force=force) as file:
                    perfetto.write(batches, source, file)
            case _:
                with output_file(output, force=force) as file:
                    file.writelines(map(json.Writer(names_of(source), wants_exit).lines, batches))
    return end(source)
