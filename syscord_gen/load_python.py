"""A Python handler file to a tree, by running it.  An exception in it is a problem with a place, like any other."""

from __future__ import annotations

from types import TracebackType

from syscord_gen.model import Where
from syscord_gen.problems import Code, Problem
from syscord_gen.tree import Table

NO_HANDLERS = "the file sets no HANDLERS. Write HANDLERS = handlers(title=..., syscalls=[...])"


def load_python(source: str, file: str) -> tuple[Table | None, list[Problem]]:
    """What the file declares as ``HANDLERS``, or None and why it cannot be read."""
    namespace: dict[str, object] = {"__name__": "syscord_handlers", "__file__": file}
    try:
        exec(compile(source, file, "exec", dont_inherit=True), namespace)
    except SyntaxError as error:
        line = error.lineno if error.filename == file and error.lineno else 1
        return None, [_problem(Where(file, line), f"not Python: {error.msg}")]
    except (Exception, SystemExit) as error:
        where = Where(file, _line(error.__traceback__, file))
        return None, [_problem(where, f"{type(error).__name__}: {' '.join(str(error).split())}")]
    declared = namespace.get("HANDLERS")
    if not isinstance(declared, Table):
        return None, [Problem(Where(file, 1), Code.PYTHON, NO_HANDLERS)]
    return declared, []


def _problem(where: Where, what: str) -> Problem:
    return Problem(where, Code.PYTHON, f"{what.rstrip('.')}. Write what syscord_gen/declare.py offers")


def _line(traceback: TracebackType | None, file: str) -> int:
    """The innermost line of ``file`` that the exception went through."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
