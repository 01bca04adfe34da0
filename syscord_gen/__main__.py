"""The generator's small commands: ``python -m syscord_gen check``, ``schema``, ``reference``, ``names``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from syscord_gen import paths
from syscord_gen.check import load_and_check
from syscord_gen.model import Model
from syscord_gen.reference import render_reference
from syscord_gen.schema import render_handler_schema, render_symbol_schema
from syscord_gen.syscall_names import LIST, render_names

PAGE = paths.HANDLERS.parent / "docs" / "handlers.md"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status is 1 if the handlers have problems."""
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m syscord_gen", description="Check handlers, and write what is made of them."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument("--handlers", type=Path, default=paths.HANDLERS, metavar="DIR", help="the folder of handlers")
    check = commands.add_parser("check", parents=[folder], help="print every problem of the handlers")
    check.set_defaults(run=lambda options: run_check(options.handlers))
    schema = commands.add_parser("schema", parents=[folder], help="write the JSON Schemas into the folder of handlers")
    schema.set_defaults(run=lambda options: run_schema(options.handlers))
    reference = commands.add_parser("reference", parents=[folder], help="write the reference page")
    reference.add_argument("--out", type=Path, default=PAGE, metavar="FILE", help="the page")
    reference.set_defaults(run=lambda options: run_reference(options.handlers, options.out))
    names = commands.add_parser("names", help="write the list of syscall names, from a kernel's headers")
    names.add_argument("headers", type=Path, help="usr/lib/linux/uapi of an unpacked linux-libc-dev")
    names.set_defaults(run=lambda options: run_names(options.headers))
    return parser


def run_check(handlers: Path) -> int:
    """Print the problems and a summary."""
    model = _checked(handlers)
    if model is None:
        return 1
    syscalls, files = _count(len(model.syscalls), "syscall"), _count(len(model.files), "file")
    print(f"{syscalls} in {files}, {_count(len(model.symbols), 'symbol set')}: no problems")
    return 0


def run_schema(handlers: Path) -> int:
    """Write the schemas of handler files and of symbol files."""
    _write(handlers / "schema.json", render_handler_schema())
    _write(handlers / "symbols" / "schema.json", render_symbol_schema())
    return 0


def run_reference(handlers: Path, out: Path) -> int:
    """Write the reference page, unless the handlers have problems."""
    model = _checked(handlers)
    if model is None:
        return 1
    _write(out, render_reference(model))
    return 0


def run_names(headers: Path) -> int:
    """Write the list of syscall names."""
    _write(LIST, render_names(headers))
    return 0


def _checked(handlers: Path) -> Model | None:
    """The model, or None after its problems were printed."""
    model, problems = load_and_check(handlers.resolve())
    if not problems:
        return model
    print(*problems, sep="\n", file=sys.stderr)
    files = {problem.where.file for problem in problems}
    print(f"{_count(len(problems), 'problem')} in {_count(len(files), 'file')}", file=sys.stderr)
    return None


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _write(path: Path, text: str) -> None:
    """Write ``text``, leaving a file that says so already as it is."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        print(f"{path.name} is current")
        return
    path.write_text(text, encoding="utf-8")
    print(f"{path.name} written")


if __name__ == "__main__":
    sys.exit(main())
