"""The man page, made from what ``--help`` says: ``python -m syscord_read.cli.manual`` writes docs/man/syscord.1.

A test holds the file to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from syscord_read.cli.command import cli
from syscord_read.cli.status import MEANINGS

PAGE = Path(__file__).parents[2] / "docs" / "man" / "syscord.1"

_FILES = """\
.SH FILES
.TP
.I /etc/syscall-record/record
Where the module writes, unless \\fBrecord=\\fR says otherwise.
.SH SEE ALSO
.BR babeltrace2 (1),
.BR strace (1)
"""


def page() -> str:
    """The man page, in roff."""
    context = click.Context(cli, info_name="syscord", **cli.context_settings)
    lines = [
        '.\\" Made by python -m syscord_read.cli.manual from what --help says.',
        '.TH SYSCORD 1 "" syscord "User Commands"',
        ".SH NAME",
        "syscord \\- read what the syscord kernel module has recorded",
        ".SH SYNOPSIS",
        *_synopsis(context),
        ".SH DESCRIPTION",
        *_paragraphs(cli.help or ""),
    ]
    for command, own in _commands(context):
        lines += [f".SH {(own.info_name or '').upper()}", *_paragraphs(command.help or ""), *_options(command, own)]
        lines += _examples(command)
    lines += _examples(cli)
    return "\n".join([*lines, *_statuses()]) + "\n" + _FILES


def _statuses() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for status, meaning in MEANINGS.items():
        yield from (".TP", f".B {status}", _escape(meaning))


def _commands(context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command, "it was listed"
        yield command, click.Context(command, info_name=name, parent=context)


def _synopsis(context: click.Context) -> Iterator[str]:
    for command, own in _commands(context):
        yield f".B syscord {own.info_name}"
        yield _escape(" ".join(command.collect_usage_pieces(own)))
        yield ".br"


def _paragraphs(text: str) -> list[str]:
    """Paragraphs of a help text, which have empty lines between them."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return [line for paragraph in paragraphs for line in (".PP", _escape(paragraph))]


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    yield ".SS Options"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and isinstance(parameter, click.Option):
            yield from (".TP", f".B {_escape(record[0])}", _escape(" ".join(record[1].split())))


def _examples(command: click.Command) -> Iterator[str]:
    """An epilog has examples, as they are; each begins with a line that is what they are."""
    for block in (command.epilog or "").split("\b\n")[1:]:
        title, *lines = block.rstrip().splitlines()
        yield f".SS {title.rstrip(':')}"
        yield from (".nf", *(_escape(line) for line in lines), ".fi")


def _escape(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
