"""The check of rooms finds what is wrong, in small trees that have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rooms.c_text import CText
from tests.rooms.house import House

HEAD = "| room | what is in it | may import |\n| --- | --- | --- |\n"
LOW_AND_HIGH = (
    "`kmod_templates/low` | below | nothing of ours",
    "`kmod_templates/high` | above | `kmod_templates/low`",
)


def house(root: Path, rows: tuple[str, ...], files: dict[str, str]) -> House:
    """A tree of these files, and a page with these rows."""
    page = "# The rooms\n\n" + HEAD + "".join(f"| {row} |\n" for row in rows)
    for name, text in {"docs/architecture.md": page, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return House(root)


# The table


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (("`a` | | nothing of ours", "`a` | | nothing of ours"), "architecture.md:6: a has a row already"),
        (("`b` | | nothing of ours",), "architecture.md:5: b does not exist"),
        (("`a` | | `vm`",), "architecture.md:5: vm has no row"),
        (("`a` | | `c`", "`c` | | `a`"), "a -> c (architecture.md:5) -> a (architecture.md:6)"),
    ],
)
def test_a_table_that_makes_no_sense(rows: tuple[str, ...], fault: str, tmp_path: Path) -> None:
    (found,) = house(tmp_path, rows, {"a/x.py": "", "c/x.py": ""}).bad_rows()
    assert found.startswith(fault)


@pytest.mark.parametrize("row", ["`a` | all", "a | | nothing of ours", "`a` | | b"])
def test_a_row_that_cannot_be_read(row: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"architecture\.md:5: "):
        house(tmp_path, (row,), {})


def test_a_page_without_the_table(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/architecture.md").write_text("| rooms |\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="0 tables begin with"):
        House(tmp_path)


def test_a_room_that_is_not_used_is_not_to_be_in_the_row(tmp_path: Path) -> None:
    rows = ("`a` | | `b`, `c`", "`b` | | nothing of ours", "`c` | | nothing of ours")
    (found,) = house(tmp_path, rows, {"a/x.py": "import b.x\n", "b/x.py": "", "c/x.py": ""}).unused()
    assert found.startswith("architecture.md:5: a does not use c")


def test_files_without_a_room(tmp_path: Path) -> None:
    files = {
        **{"a/x.py": "", "b/__init__.py": '"""Says nothing."""\n', "c/__init__.py": "X = 1\n"},
        **{"b/in.py": "", "k/m.c": "", "k/m.h": "", "k/t.c.j2": "", "build/made.c": "", ".venv/x.py": ""},
    }
    found = house(tmp_path, ("`a`, `b/in.py` | | nothing of ours",), files).homeless()
    assert [fault.partition(":")[0] for fault in found] == ["c/__init__.py", "k/m.c", "k/m.h", "k/t.c.j2"]


def test_a_file_belongs_to_the_innermost_room(tmp_path: Path) -> None:
    rows = ("`a` | | nothing of ours", "`a/in` | | nothing of ours", "`a/in/y.py` | | nothing of ours")
    table = house(tmp_path, rows, {}).table
    rooms = [table.room_of(file) for file in ("a/x.py", "a/in/x.py", "a/in/y.py", "ab/x.py")]
    assert [room and room.name for room in rooms] == ["a", "a/in", "a/in/y.py", None]


# Python


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("import b.x\n", 1),
        ("import b.x as other\n", 1),
        ("from b import x\n", 1),
        ("from b.x import name\n", 1),
        ("from ..b import x\n", 1),
        ("def f():\n    from b import x\n", 2),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b.x\n", 3),
        ("import importlib\nimportlib.import_module('b.x')\n", 2),
        ("try:\n    import json\nexcept ImportError:\n    import b.x\n", 4),
    ],
)
def test_an_import_that_the_table_does_not_allow(code: str, line: int, tmp_path: Path) -> None:
    rows = ("`a` | | nothing of ours", "`b` | | `a`")
    there = house(tmp_path, rows, {"a/__init__.py": "", "a/y.py": code, "b/__init__.py": "", "b/x.py": "import a.y\n"})
    (found,) = there.forbidden(there.imports)
    assert found.startswith(f"a/y.py:{line}: imports b/x.py: ")


def test_an_import_that_the_table_allows_and_others_that_are_not_ours(tmp_path: Path) -> None:
    rows = ("`a` | | `b`", "`b` | | nothing of ours", "`tests` | | all of them")
    files = {
        **{"a/x.py": "import os, b.x\nimport numpy.b\n", "b/x.py": "", "b/b.py": "from b import x\n"},
        **{"tests/t.py": "import a.x, b.x, helper\n", "tests/helper.py": ""},
    }
    there = house(tmp_path, rows, files)
    assert there.forbidden(there.imports) == []
    assert [arrow.to for arrow in there.imports if arrow.by == "tests/t.py"] == ["a/x.py", "b/x.py", "tests/helper.py"]


def test_what_a_room_may_use_is_neither_what_that_may_use_nor_a_room_in_it(tmp_path: Path) -> None:
    rows = ("`a` | | `b`", "`b` | | `c`", "`c` | | nothing of ours", "`b/inner` | | nothing of ours")
    files = {"a/x.py": "import b.x\nimport c.x\nimport b.inner.x\n", "b/x.py": "import c.x\n", "c/x.py": ""}
    there = house(tmp_path, rows, {**files, "b/inner/x.py": ""})
    found = [fault.partition(" ")[0] for fault in there.forbidden(there.imports)]
    assert found == ["a/x.py:2:", "a/x.py:3:"]


def test_a_package_that_imports_something_is_imported_with_what_is_in_it(tmp_path: Path) -> None:
    rows = ("`a` | | `b/x.py`", "`b` | | `c`", "`b/x.py` | | nothing of ours", "`c` | | nothing of ours")
    files = {"a/y.py": "import b.x\n", "b/__init__.py": "import c.x\n", "b/x.py": "", "c/x.py": ""}
    there = house(tmp_path, rows, files)
    (found,) = there.forbidden(there.imports)
    assert found.startswith("a/y.py:1: imports b/x.py")
    assert "no arrow from a to b" in found


@pytest.mark.parametrize(
    "files",
    [
        {"a/x.py": "from a import y\n", "a/y.py": "def f():\n    import a.x\n"},
        {"a/x.py": "from . import y\n", "a/y.py": "from .z import n\n", "a/z.py": "from .x import n\n"},
        {"a/x.py": "import b.y\n", "b/__init__.py": "import a.x\n", "b/y.py": ""},
    ],
)
def test_python_files_that_import_each_other(files: dict[str, str], tmp_path: Path) -> None:
    (found,) = house(tmp_path, (), files).circles_of_imports()
    assert found.startswith("a/x.py -> ")
    assert "-> a/x.py (" in found


def test_imports_that_make_no_circle(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": "from a.x import n\n",
        "a/x.py": "import a.y, a.z\n",
        "a/y.py": "import a.z\n",
        "a/z.py": "",
    }
    assert house(tmp_path, (), files).circles_of_imports() == []


# C


def module(root: Path, **files: str) -> House:
    """A module of a low and a high room: ``low__ring_c`` is kmod_templates/low/ring.c."""
    paths = {f"kmod_templates/{name.replace('__', '/').replace('_', '.')}": text for name, text in files.items()}
    return house(root, LOW_AND_HIGH, paths)


@pytest.mark.parametrize("name", ['"high/h.h"', '"../high/h.h"', "<high/h.h>"])
def test_an_include_upwards(name: str, tmp_path: Path) -> None:
    there = module(tmp_path, low__l_c=f"\n#include {name}\n", high__h_h="")
    (found,) = there.forbidden(there.includes)
    assert found.startswith("kmod_templates/low/l.c:2: includes kmod_templates/high/h.h: ")


def test_includes_that_are_allowed(tmp_path: Path) -> None:
    code = '#include <linux/fs.h>\n#include "h.h"\n#include "low/l.h"\n#include "config.h"\n// #include "high/none.h"\n'
    there = module(tmp_path, high__h_c=code, high__h_h="", low__l_h="")
    assert there.forbidden(there.includes) == []
    assert there.not_found() == []
    assert {arrow.to for arrow in there.includes} == {"kmod_templates/high/h.h", "kmod_templates/low/l.h"}


def test_the_own_folder_comes_first(tmp_path: Path) -> None:
    there = module(tmp_path, low__l_c='#include "l.h"\n', low__l_h="", l_h="")
    assert [arrow.to for arrow in there.includes] == ["kmod_templates/low/l.h"]


def test_an_include_that_leads_nowhere(tmp_path: Path) -> None:
    (found,) = module(tmp_path, low__l_c='#include "none.h"\n').not_found()
    assert found.startswith('kmod_templates/low/l.c:1: there is no "none.h"')


def test_headers_that_include_each_other(tmp_path: Path) -> None:
    there = module(tmp_path, low__a_h='#include "b.h"\n', low__b_h='#include "low/a.h"\n')
    assert len(there.circles_of_includes()) == 1


@pytest.mark.parametrize(
    ("high", "low", "line"),
    [
        ("int syscord_up(void)\n{\n\treturn 1;\n}\n", "int syscord_up(void);\n", 1),
        ("void syscord_up(int a)\n{\n}\n", "static void f(void)\n{\n\tsyscord_up(1);\n}\n", 3),
        ("void syscord_up(int a)\n{\n}\n", "#define UP(x)\t\\\n\tsyscord_up(x)\n", 2),
        ("void syscord_up(int a)\n{\n}\n", "static void (*f)(int) = syscord_up;\n", 1),
        ("bool syscord_up __read_mostly;\n", "extern bool syscord_up;\n", 1),
        ("static int x, y;\nu64 syscord_a[2], syscord_up = 3;\n", "static u64 f(void) { return syscord_up; }\n", 1),
        ("const struct t syscord_up = {\n\t.x = { 1 },\n};\n", "static void *f = &syscord_up;\n", 1),
        ("DEFINE_MUTEX(syscord_up);\n", "static void f(void) { mutex_lock(&syscord_up); }\n", 1),
        ("DEFINE_PER_CPU(struct t, syscord_up);\n", "static void f(void) { this_cpu_ptr(&syscord_up); }\n", 1),
        ("__printf(1, 2) void syscord_up(const char *f, ...)\n{\n}\n", 'static void f(void) { syscord_up("x"); }\n', 1),
        ("int (*syscord_up)(int);\n", "static int f(void) { return syscord_up(1); }\n", 1),
    ],
)
def test_a_use_of_what_a_higher_room_defines(high: str, low: str, line: int, tmp_path: Path) -> None:
    there = module(tmp_path, high__h_c=high, low__l_c=low)
    (found,) = there.forbidden(there.uses)
    assert found.startswith(f"kmod_templates/low/l.c:{line}: ")
    assert "syscord_up of kmod_templates/high/h.c" in found
    assert there.forbidden(there.includes) == []


def test_a_call_of_what_a_higher_header_defines(tmp_path: Path) -> None:
    header = "static inline int up(struct t *t)\n{\n\treturn t->x;\n}\n"
    there = module(tmp_path, high__h_h=header, low__l_c="static int f(void) { return up(NULL); }\n")
    (found,) = there.forbidden(there.uses)
    assert found.startswith("kmod_templates/low/l.c:1: calls up of kmod_templates/high/h.h")


def test_a_call_in_a_template(tmp_path: Path) -> None:
    template = (
        "{# syscord_up() #}\n{% for a in b %}\nint {{ a }}_x(void)\n{\n\treturn syscord_up({{ a }});\n}\n{% endfor %}\n"
    )
    there = module(tmp_path, high__h_c="int syscord_up(int a)\n{\n}\n", low__l_c_j2=template)
    (found,) = there.forbidden(there.uses)
    assert found.startswith("kmod_templates/low/l.c.j2:5: calls syscord_up of ")


@pytest.mark.parametrize(
    "low",
    [
        "/* syscord_up() is\n * called by others */\n// syscord_up();\n",
        'static const char *f = "syscord_up() \\" syscord_up()";\n',
        "static void f(struct t *t)\n{\n\tt->syscord_up(1);\n\tt = (struct t){ .syscord_up = g };\n}\n",
        "struct syscord_up;\nstatic void f(struct syscord_up *up);\n",
        "static int syscord_up(int a)\n{\n\treturn a;\n}\nstatic int b(void) { return syscord_up(1); }\n",
    ],
)
def test_what_is_no_use(low: str, tmp_path: Path) -> None:
    there = module(tmp_path, high__h_c="void syscord_up(int a)\n{\n}\n", low__l_c=low)
    assert there.forbidden(there.uses) == []


def test_a_local_name_is_no_use_of_a_header(tmp_path: Path) -> None:
    header = "static inline int text(int a)\n{\n\treturn a;\n}\n"
    there = module(tmp_path, high__h_h=header, low__l_c="static int f(int text) { return text + 1; }\n")
    assert there.forbidden(there.uses) == []


def test_programs_do_not_know_each_others_names(tmp_path: Path) -> None:
    rows = ("`vm` | | nothing of ours", "`bench` | | nothing of ours")
    files = {"vm/a.c": "void die(int a)\n{\n}\n", "bench/b.c": "int main(void)\n{\n\tdie(1);\n}\n"}
    there = house(tmp_path, rows, files)
    assert there.uses == []


CALLS = "void syscord_{0}(void)\n{{\n\tsyscord_{1}({2});\n}}\n"


def test_files_that_call_each_other(tmp_path: Path) -> None:
    there = module(tmp_path, low__a_c=CALLS.format("a", "b", ""), low__b_c=CALLS.format("b", "a", ""))
    (found,) = there.circles_of_calls("kmod_templates")
    assert found.startswith(
        "kmod_templates/low/a -> kmod_templates/low/b (kmod_templates/low/a.c:3 calls syscord_b of "
        "kmod_templates/low/b.c) -> kmod_templates/low/a (kmod_templates/low/b.c:3 calls syscord_a of "
        "kmod_templates/low/a.c): "
    )


def test_a_circle_through_a_header_is_one(tmp_path: Path) -> None:
    header = "void syscord_b(void);\nstatic inline void a_inline(void)\n{\n\tsyscord_c();\n}\n"
    files = {"low__a_h": header, "low__a_c": "void syscord_a(void)\n{\n}\n", "low__c_c": CALLS.format("c", "a", "")}
    assert len(module(tmp_path, **files).circles_of_calls("kmod_templates")) == 1


def test_a_function_that_is_handed_over_is_no_call(tmp_path: Path) -> None:
    there = module(tmp_path, low__a_c=CALLS.format("a", "b", "syscord_a"), low__b_c="void syscord_b(void *f)\n{\n}\n")
    assert there.circles_of_calls("kmod_templates") == []
    there = module(tmp_path, low__b_c="void syscord_b(void)\n{\n\tg(syscord_a);\n}\n")
    assert there.circles_of_calls("kmod_templates") == []


def test_a_name_that_may_be_anybodys(tmp_path: Path) -> None:
    code = "void ready(void)\n{\n}\nint count;\nstatic int mine;\nint syscord_x;\n"
    files = {"low__l_c": code, "compat__checks__x_c": "int probe(void)\n{\n}\n"}
    found = module(tmp_path, **files).unprefixed()
    assert [fault.partition(" is ")[0] for fault in found] == [
        "kmod_templates/low/l.c:1: ready",
        "kmod_templates/low/l.c:4: count",
    ]


def test_what_a_file_defines() -> None:
    text = CText("""
#define LIST(name)	static int name##_list(void) { return 0; }
#ifdef A
static int one(int a)
#else
static int one(long a)
#endif
{
	int local = 1;

	if (a) { return 2; }
}
struct tag { int member; };
enum { LEFT, RIGHT };
typedef int (*callback)(int);
struct forward;
extern int elsewhere;
int prototype(int a) __printf(1, 2);
static struct tag table[] = { { 1 }, { 2 } };
struct tag { int b; } both;
static DEFINE_SPINLOCK(lock);
DEFINE_STATIC_KEY_FALSE(key);
module_param(thing, int, 0400);
void __init_later(void) __acquires(lock) { }
unsigned long bits : 3;
static const char *const names[LEFT + 1] = { [LEFT] = "{" };
char a, *b, c[3] = { 1, 2 }, d;
""")
    assert {name: static for name, (_, static) in text.functions.items()} == {"one": True, "__init_later": False}
    assert {name: static for name, (_, static) in text.variables.items()} == {
        **{"table": True, "both": False, "lock": True, "key": False, "bits": False, "names": True},
        **{"a": False, "b": False, "c": False, "d": False},
    }
    assert text.functions["one"][0] == 4
