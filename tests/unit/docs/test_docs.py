"""The pages say what is so: their links lead somewhere, their tables agree with the code, their examples are real."""

from __future__ import annotations

import re
import shutil
from configparser import ConfigParser
from pathlib import Path

import pytest
from invoke.tasks import Task

import tasks
from syscord_build import options, source
from syscord_gen import keys
from syscord_gen.__main__ import main
from syscord_gen.check import load_and_check
from syscord_gen.model import Direction, Model
from syscord_gen.render import render
from syscord_gen.resolve import resolve
from syscord_gen.types import MEMORY, SCALARS
from syscord_read.record.text import parse_line
from tests.pages import DOCS, ROOT, Block, blocks, check_shown, codes, rows, the_file
from tests.unit.specs import HANDLERS, placeless

README = ROOT / "README.md"
ADDING = DOCS / "adding-a-handler.md"
ARCHITECTURE = DOCS / "architecture.md"
USING = DOCS / "using.md"
TEMPLATES = ROOT / "kmod_templates"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
STATX = "handlers/statx.yaml"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


# Links and names


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in links(page) if not leads_somewhere(page, link)]
    assert broken == []


def links(page: Path) -> list[str]:
    """The relative links of a page, outside of fenced blocks and code."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)]+)\)", re.sub(r"`[^`\n]*`", "", prose))
    return [link for link in found if "://" not in link]


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """What GitHub makes of headings, and what the page names itself."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


@each_page
def test_every_task_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"(?:`|^|\n)(?:\./dev|invoke) ([a-z]+)", page.read_text(encoding="utf-8"))
    assert set(named) <= task_names()


@each_page
def test_every_option_of_a_task_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = re.findall(r"(?:\./dev|invoke) ([a-z]+)((?: --?[a-z]+(?: [^-\s`]\S*)?)+)", text)
    for name, arguments in commands:
        known = {argument.name for argument in getattr(tasks, name).get_arguments()}
        assert set(re.findall(r" --?([a-z]+)", arguments)) <= known, f"{name}{arguments}"


def task_names() -> set[str]:
    return {name for name, value in vars(tasks).items() if isinstance(value, Task)}


@each_page
def test_every_path_of_the_repository_that_is_named_exists(page: Path) -> None:
    rooms = "handlers|syscord_gen|syscord_build|devtools|syscord_read|kmod_templates|vm|demo|tests|docs"
    named = re.findall(rf"`((?:{rooms})/[\w./-]*)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists() and path != "handlers/statx.py"] == []


@pytest.mark.parametrize("way", ["the field", "the record", "the question"])
def test_the_steps_of_the_way_are_where_the_page_says(way: str) -> None:
    for step, file, function in rows(ARCHITECTURE, way):
        (path,) = codes(file)
        text = (ROOT / path).read_text(encoding="utf-8")
        assert [name for name in codes(function) if not re.search(rf"\b{name}\b[ (:]", text)] == [], step


@each_page
def test_every_build_option_that_is_named_exists(page: Path) -> None:
    known = set(re.findall(r"^config (\w+)", (ROOT / "Kconfig").read_text(encoding="utf-8"), re.MULTILINE))
    known |= {options.symbol(file.stem) for file in model().files}
    assert set(re.findall(r"SYSCORD_[A-Z_]+", page.read_text(encoding="utf-8"))) <= known


def test_the_readme_shows_every_room_of_the_repository() -> None:
    (layout,) = (block.text for block in blocks(README) if block.heading == "How the repository is laid out")
    named = {line.split()[0].rstrip("/") for line in layout.splitlines()}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert there <= named


# Parameters, options, counters


def test_the_readme_has_every_parameter_with_its_default() -> None:
    table = {codes(name)[0]: (default.strip("`"), when) for name, default, when, _ in rows(README, "parameter")}
    assert table == {name: (default_of(name), when) for name, when in parameters().items()}


def test_the_modules_version_is_the_projects() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    header = (TEMPLATES / "version.h").read_text(encoding="utf-8")
    assert re.findall(r'#define SYSCORD_VERSION\s"(.*)"', header) == [config["metadata"]["version"]]


def parameters() -> dict[str, str]:
    """The module's parameters, and when each can be set, by its mode."""
    sources = sorted([*TEMPLATES.glob("params/*.c"), *TEMPLATES.glob("write/*.c")])
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    found = re.findall(r"^(\w+_PARAM|module_param_cb)\((\w+), (&\w+)?", text, re.MULTILINE)
    when = {"LIST_PARAM": "any time", "LIMIT_PARAM": "any time", "&stats_ops": "read only", "&snapshot_ops": "write 1"}
    # `name` is what the macros themselves are made of.
    return {name: when.get(ops) or when.get(macro, "at load") for macro, name, ops in found if name != "name"}


def default_of(name: str) -> str:
    """The default that the build gives to a parameter; filters match all."""
    header = options.load(model(), ROOT / "no-such.config").header
    given = {key.lower(): value.strip('"') for key, value in re.findall(r"#define CONFIG_SYSCORD_(\w+) (.+)", header)}
    without = {"stats": "", "snapshot": "", "sink": "text", "mode": "stream", "rotate_mb": "0", "rotate_s": "0"}
    without |= {"untrace": "1", "max_mb": "auto", "min_free_mb": "auto", "on_full": "drop", "wait_ms": "1000"}
    return given.get(name) or given.get(f"{name}_path") or without.get(name, "all")


def test_using_explains_every_filter_and_limit() -> None:
    named = {codes(name)[0].partition("=")[0] for name, _ in rows(USING, "parameter")}
    limits = {codes(name)[0] for name, *_ in rows(USING, "limit")}
    assert limits == {"max_mb", "min_free_mb"}
    assert named | limits == {name for name, when in parameters().items() if when == "any time"}


def test_using_explains_every_cause_of_loss() -> None:
    text = (TEMPLATES / "ring/counters.c").read_text(encoding="utf-8")
    causes = re.findall(r'\[SYSCORD_DROP_\w+\] = "(\w+)"', text)
    assert [codes(name)[0] for name, *_ in rows(USING, "counter")] == [f"dropped_{cause}" for cause in causes]


def test_the_counters_that_are_shown_obey_the_law() -> None:
    (shown,) = (block.text for block in blocks(USING) if "seen=" in block.text)
    count = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", shown)}
    assert count.pop("seen") == sum(count.values())


def test_using_says_what_the_kernel_must_have() -> None:
    text = (ROOT / "syscord_build/Kconfig.kernel").read_text(encoding="utf-8")
    needs = re.findall(r"^config (\w+)\n.*\n\thelp\n\t  (.*)$", text, re.MULTILINE)
    assert [(codes(name)[0], why) for name, why in rows(USING, "option")] == [
        (f"CONFIG_{name}", why) for name, why in needs
    ]


# Examples


@pytest.mark.parametrize("page", [README, USING, ADDING], ids=lambda page: page.name)
def test_every_record_that_is_shown_can_be_read(page: Path) -> None:
    lines = [line for block in blocks(page) if block.language == "text" for line in block.text.splitlines()]
    records = [line for line in lines if line.startswith("pid=") and "…" not in line]
    assert records
    for line in records:
        parse_line(line)


def test_the_readme_counts_the_handlers_right() -> None:
    text = README.read_text(encoding="utf-8")
    assert set(re.findall(r"(\d+) syscalls(?:,| have)", text)) == {str(len(model().syscalls))}


def test_the_handler_shown_in_c_is_what_is_generated() -> None:
    (shown,) = (block.text for block in blocks(ARCHITECTURE) if block.language == "c")
    assert shown in generated(model())["capture/handlers.c"]


# Adding a handler


def test_the_handler_of_the_page_is_the_one_that_is_shipped() -> None:
    assert the_file(ADDING, STATX) == (ROOT / STATX).read_text(encoding="utf-8")


def test_the_handler_in_python_makes_the_same(tmp_path: Path) -> None:
    folder = handlers_without_statx(tmp_path)
    (folder / "statx.py").write_text(the_file(ADDING, "handlers/statx.py"), encoding="utf-8")
    found, problems = load_and_check(folder)
    assert problems == []
    assert placeless(found) == placeless(model())
    rendered = generated(found)["capture/handlers.c"].replace("handlers/statx.py", STATX)
    assert rendered == generated(model())["capture/handlers.c"]


def test_the_check_prints_what_the_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = handlers_without_statx(tmp_path)
    (folder / "statx.yaml").write_text(the_file(ADDING, STATX), encoding="utf-8")
    assert main(["check", "--handlers", str(folder)]) == 0
    check_shown(after(ADDING, "4. Check it", "host"), capsys.readouterr().out)


def test_the_mistakes_of_the_page_give_the_errors_that_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = handlers_without_statx(tmp_path)
    (wrong,) = (block for block in blocks(ADDING) if block.verb == "instead")
    (folder / "statx.yaml").write_text(with_lines(the_file(ADDING, STATX), wrong.text), encoding="utf-8")
    assert main(["check", "--handlers", str(folder)]) == 1
    check_shown(after(ADDING, wrong.heading, "instead"), capsys.readouterr().err)


def with_lines(text: str, instead: str) -> str:
    """The text, with each line of ``instead`` in the place of the one that declares the same name."""
    name = re.compile(r"\{name: (\w+)")
    new = {found[1]: line for line in instead.splitlines() if (found := name.search(line))}
    assert len(new) == len(instead.splitlines())
    lines = [new.pop(found[1], line) if (found := name.search(line)) else line for line in text.splitlines()]
    assert not new, f"no line to put in the place of: {new}"
    return "\n".join(lines) + "\n"


def after(page: Path, heading: str, verb: str) -> Block:
    """The block that shows what came of the one marked ``verb``."""
    there = [block for block in blocks(page) if block.heading == heading]
    return there[next(i for i, block in enumerate(there) if block.verb == verb) + 1]


@pytest.mark.parametrize(
    ("header", "record"),
    [
        ("key of a file", keys.HANDLER_FILE),
        ("key of a syscall", keys.SYSCALL),
        ("key of an argument", keys.ARGUMENT),
        ("key of a struct", keys.STRUCT),
        ("key of a symbol set", keys.SYMBOLS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_page_has_every_key(header: str, record: keys.Record) -> None:
    table = {codes(name)[0]: meaning.endswith("(required)") for name, meaning in rows(ADDING, header)}
    assert table == {key.name: key.required for key in record.keys}


def test_the_page_names_every_key_of_a_member() -> None:
    (sentence,) = re.findall(r"^A member has .*?\n\n", ADDING.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert {key.name for key in keys.MEMBER.keys} <= set(codes(sentence))


def test_the_page_has_every_direction() -> None:
    named = [code for cell, *_ in rows(ADDING, "direction") for code in codes(cell)]
    assert named == [direction.value for direction in Direction]


def test_the_page_has_every_type_and_its_length() -> None:
    table = {name: length for cell, _, length in rows(ADDING, "type") for name in codes(cell)}
    assert table == dict.fromkeys(SCALARS, "") | {name: memory.length for name, memory in MEMORY.items()}


# Architecture


def test_the_page_gives_a_reason_for_every_library() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    required = {line.split()[0] for text in lists for line in text.strip().splitlines() if not line.startswith("#")}
    assert {name for cell, _ in rows(ARCHITECTURE, "library") for name in codes(cell)} == required


# What these tests share


def model() -> Model:
    return source.checked_model(HANDLERS)


def generated(of: Model) -> dict[str, str]:
    return render(resolve(of), TEMPLATES, config="")


def handlers_without_statx(tmp_path: Path) -> Path:
    folder = tmp_path / "handlers"
    shutil.copytree(HANDLERS, folder)
    (folder / "statx.yaml").unlink()
    return folder
