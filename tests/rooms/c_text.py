"""What a C file says: its includes, what it defines for others, and which names it uses. No compiler, only the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

COMMENT_OR_STRING = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
# Attributes take arguments, too, so that they look like functions.
ATTRIBUTE = re.compile(
    r"\b__(?:attribute__|printf|scanf|aligned|section|acquires|releases|must_hold|alloc_size|counted_by)[ \t]*"
    r"(?P<group>\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))"
)
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|->|\S")
NAME = re.compile(r"[A-Za-z_]\w*")
TAGS = ("struct", "union", "enum")


@dataclass(frozen=True)
class Token:
    """A word or a sign, and the line that it stands in."""

    text: str
    line: int

    @property
    def is_name(self) -> bool:
        """Whether it may name something."""
        return NAME.fullmatch(self.text) is not None


@dataclass(frozen=True)
class Use:
    """A name that is used; ``called`` if it is followed by a bracket."""

    name: str
    line: int
    called: bool


@dataclass
class _Statement:
    """What stands outside of all braces up to a semicolon, or the brace of a function; braces in it are ``{}``."""

    tokens: list[Token] = field(default_factory=list)

    def texts(self) -> list[str]:
        return [token.text for token in self.tokens]


class CText:
    """One C file, or a template of one."""

    def __init__(self, text: str) -> None:
        self._text = JINJA.sub(_blank_name, text)

    @cached_property
    def includes(self) -> list[tuple[str, str, int]]:
        """Each include: the quote or bracket before it, what stands there, and the line."""
        text = COMMENT_OR_STRING.sub(lambda found: found[0] if found[0].startswith('"') else _blank(found), self._text)
        return [(found[1], found[2], _line(text, found.start())) for found in INCLUDE.finditer(text)]

    @cached_property
    def _code(self) -> str:
        """Without comments, includes, and what strings say."""
        return COMMENT_OR_STRING.sub(_blank, INCLUDE.sub(_blank, self._text))

    @cached_property
    def uses(self) -> list[Use]:
        """All names, those in macros too, but for members, tags and what is declared here."""
        tokens = list(_tokens(self._code))
        found = []
        for i, token in enumerate(tokens):
            before = tokens[i - 1].text if i else ""
            if token.is_name and before not in (".", "->", *TAGS):
                called = i + 1 < len(tokens) and tokens[i + 1].text == "("
                found.append(Use(token.text, token.line, called))
        return found

    @cached_property
    def functions(self) -> dict[str, tuple[int, bool]]:
        """The functions that are defined here: their line, and whether they are static."""
        return {
            name.text: (name.line, "static" in statement.texts())
            for statement, is_function in self._statements
            if is_function and (name := _function_name(statement.tokens))
        }

    @cached_property
    def variables(self) -> dict[str, tuple[int, bool]]:
        """The same of the variables."""
        return {
            name.text: (name.line, "static" in statement.texts())
            for statement, is_function in self._statements
            if not is_function
            for name in _variable_names(statement.tokens)
        }

    @cached_property
    def _statements(self) -> list[tuple[_Statement, bool]]:
        """What stands outside of functions, and whether it is one."""
        code = ATTRIBUTE.sub(_blank, DIRECTIVE.sub(_blank, self._code))
        found: list[tuple[_Statement, bool]] = []
        statement, braces, brackets = _Statement(), 0, 0
        for token in _tokens(code):
            if token.text == "}":
                braces -= 1
                if not braces and found and statement is found[-1][0]:
                    statement = _Statement()
            elif token.text == "{":
                braces += 1
                if braces == 1 and not brackets and _begins_function(statement.texts()):
                    found.append((statement, True))
                elif braces == 1:
                    statement.tokens.append(Token("{}", token.line))
            elif not braces:
                brackets += {"(": 1, ")": -1}.get(token.text, 0)
                if token.text == ";" and not brackets:
                    found.append((statement, False))
                    statement = _Statement()
                else:
                    statement.tokens.append(token)
        return found


def _begins_function(texts: list[str]) -> bool:
    return "(" in texts and "=" not in texts and "{}" not in texts


def _function_name(tokens: list[Token]) -> Token | None:
    """What stands before the first bracket; nothing of a macro that makes functions."""
    name = tokens[[token.text for token in tokens].index("(") - 1]
    return name if name.is_name and not name.text.isupper() else None


def _variable_names(tokens: list[Token]) -> Iterator[Token]:
    """What a statement defines that is no function: nothing if it only declares, or is a type."""
    texts = [token.text for token in tokens]
    words = [text for text in texts if text != "static"]
    if not words or words[0] == "typedef" or ("extern" in words and "=" not in words):
        return
    if words[0].startswith("DEFINE_"):
        yield from _of_macro(tokens)
        return
    if "(" in texts[: texts.index("=") if "=" in texts else None]:
        yield from _function_pointer(tokens)
        return
    for part in _parts(tokens):
        if name := _last_name(part):
            yield name


def _of_macro(tokens: list[Token]) -> Iterator[Token]:
    """DEFINE_MUTEX(name), DEFINE_HASHTABLE(name, bits), but DEFINE_PER_CPU(type, name)."""
    names = [token for token in tokens if token.is_name and token.text != "static"]
    yield names[-1] if "PER_CPU" in names[0].text else names[1]


def _function_pointer(tokens: list[Token]) -> Iterator[Token]:
    """``int (*name)(int)``; what else has brackets declares a function."""
    first = [token.text for token in tokens].index("(")
    if first and [token.text for token in tokens[first + 1 : first + 2]] == ["*"]:
        yield next(token for token in tokens[first:] if token.is_name)


def _parts(tokens: list[Token]) -> Iterator[list[Token]]:
    """A statement's declarators, the first with its type."""
    part: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if token.text == "," and not depth:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _last_name(part: list[Token]) -> Token | None:
    """The name of a declarator: the last before its value or its length, if it is not the type's only one."""
    before: list[Token] = []
    for token in part:
        if token.text in ("=", "[", ":"):
            break
        before.append(token)
    texts = [token.text for token in before]
    if not before or texts[-1] == "{}" or (len(before) == 2 and texts[0] in TAGS):
        return None
    names = [token for token in before if token.is_name and not token.text.startswith("__")]
    return names[-1] if names else None


def _tokens(code: str) -> Iterator[Token]:
    line, place = 1, 0
    for found in TOKEN.finditer(code):
        line += code.count("\n", place, found.start())
        place = found.start()
        yield Token(found[0], line)


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _blank(found: re.Match[str]) -> str:
    """Nothing, on as many lines."""
    return " " + "\n" * found[0].count("\n")


def _blank_name(found: re.Match[str]) -> str:
    """What a template puts in is a name, or a part of one."""
    return "x" if found[0].startswith("{{") else _blank(found)
