"""The command ``syscord``: reads what the module has recorded.

A subcommand is a line in ``COMMANDS``; its module is loaded when it is called, so that ``syscord --help`` is quick.
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from typing import NamedTuple, NoReturn

import click

from syscord_read.cli.output import OutputError
from syscord_read.cli.status import Status
from syscord_read.errors import ReadError, UsageError
from syscord_read.report.printable import printable_text


class Entry(NamedTuple):
    """Where a subcommand is ("module:name of the click command"), and what it does, in a few words."""

    place: str
    help: str


COMMANDS = {
    "read": Entry("syscord_read.cli.read:command", "Print records."),
    "verify": Entry("syscord_read.cli.verify:command", "Say whether a trace is whole, and what is missing."),
    "stat": Entry("syscord_read.cli.stat:command", "Sum up: calls, errors, times, percentiles."),
    "top": Entry("syscord_read.cli.top:command", "Show the busiest processes, files and sockets."),
    "report": Entry("syscord_read.cli.report:command", "Write a page to look at in a browser."),
    "convert": Entry("syscord_read.cli.convert:command", "Write Parquet, a Perfetto trace, or JSON Lines."),
}


class Commands(click.Group):
    """Subcommands that are loaded when they are needed."""

    def invoke(self, ctx: click.Context) -> object:
        # click would write an empty line.
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _end_by_sigint()

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        entry = COMMANDS.get(cmd_name)
        if not entry:
            return None
        module, _, name = entry.place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


EXAMPLES = """\b
Examples:
  syscord read /var/tmp/trace
  syscord read --style strace -T --failed /var/tmp/trace
  syscord read --follow -e openat,connect -P '/etc/*' /var/tmp/trace
  syscord verify /var/tmp/trace && echo nothing is missing

\b
Completion of words in bash (zsh and fish alike):
  eval "$(_SYSCORD_COMPLETE=bash_source syscord)"
"""


@click.group(cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="syscord", prog_name="syscord")
def cli() -> None:
    """Read what the syscord module has recorded: binary traces (sink=ctf) and text records (sink=text).

    A TRACE is a trace's directory, a directory with traces below it, or a text record; - is the standard input, which
    has a text record. Several are merged by time.

    What is missing is said where it was, and once more on stderr.
    """


def main() -> NoReturn:
    """Run the command, and exit: quietly if the output's reader is gone, or after Ctrl-C."""
    # As other Unix tools: who writes to a pipe that nobody reads any more, ends.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    _open_standard_files()
    status: object
    try:
        status = cli.main(prog_name="syscord", standalone_mode=False)
    except click.exceptions.Abort:
        _end_by_sigint()
    except click.ClickException as error:
        # What it quotes may be the name of a file that a shell's * has found.
        shown = io.StringIO()
        error.show(shown)
        print(printable_text(shown.getvalue(), keep="\n"), end="", file=sys.stderr)
        status = error.exit_code
    except UsageError as error:
        status = _print_error(error, Status.WRONG_USE)
    except OutputError as error:
        status = _give_up_output(error)
    except (ReadError, OSError) as error:
        status = _print_error(error, Status.MISSING)
    sys.exit(max(status if isinstance(status, int) else Status.WELL, _flush()))


def _open_standard_files() -> None:
    """Whoever starts a program may have closed these files, whose numbers the next ones opened would then get.

    What is opened in their place fails with the same error when it is used: EBADF.
    """
    for fd, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, mode)  # the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - it is open to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same


def _flush() -> int:
    """What is still to be written of the output; the exit status if that fails."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _give_up_output(OutputError(error))
    return Status.WELL


def _give_up_output(error: OutputError) -> int:
    """What could not be written is thrown away: Python would try it again, and complain of it in its own way."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return _print_error(error, Status.MISSING)


def _print_error(error: Exception, status: int) -> int:
    print(f"syscord: {printable_text(str(error))}", file=sys.stderr)
    return status


def _end_by_sigint() -> NoReturn:
    """End by the signal, so that a shell's loop ends too."""
    sys.stdout.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
    sys.exit(128 + signal.SIGINT)
