"""Templates in folders, and what is left of an earlier tree."""

from __future__ import annotations

from pathlib import Path

from syscord_gen.check import load_and_check
from syscord_gen.paths import HANDLERS
from syscord_gen.render import render, write
from syscord_gen.resolve import resolve


def rendered(templates: Path, **files: str) -> dict[str, str]:
    """What is made of templates: ``capture__a_c_j2`` stands for ``capture/a.c.j2``."""
    for name, text in files.items():
        path = templates / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    model, _ = load_and_check(HANDLERS)
    return render(resolve(model), templates, "")


def test_folders_stay_as_they_are(tmp_path: Path) -> None:
    tree = rendered(tmp_path, main_c="m", ring__deep__a_h="a", ring__b_c_j2="{{ 1 + 1 }}\n")
    assert tree == {"config.h": "", "main.c": "m", "ring/deep/a.h": "a", "ring/b.c": "2\n"}


def test_a_template_includes_what_lies_beside_it(tmp_path: Path) -> None:
    tree = rendered(
        tmp_path,
        capture__all_c_j2='all: {% include "one.c.j2" %}{% include "../below.h.j2" %}',
        capture__one_c_j2="one",
        below_h_j2=" and below",
        one_c_j2="another one",
    )
    assert tree == {"config.h": "", "capture/all.c": "all: one and below", "one.c": "another one"}


def test_a_file_of_an_earlier_tree_is_removed(tmp_path: Path) -> None:
    write({"hooks.c": "", "main.c": ""}, tmp_path)
    (tmp_path / "mine.c").touch()
    assert write({"hooks/hooks.c": "", "main.c": ""}, tmp_path) == (["hooks/hooks.c"], ["hooks.c"])
    assert {path.name for path in tmp_path.iterdir()} == {"hooks", "main.c", "mine.c", ".generated"}


def test_what_somebody_has_removed_already_is_no_trouble(tmp_path: Path) -> None:
    write({"hooks.c": ""}, tmp_path)
    (tmp_path / "hooks.c").unlink()
    assert write({"main.c": ""}, tmp_path) == (["main.c"], [])


def test_nothing_outside_of_the_folder_is_removed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.c", tmp_path / "folder"
    outside.touch()
    folder.mkdir()
    (folder / ".generated").write_text(f"../outside.c\n{outside}\n", encoding="utf-8")
    assert write({}, folder) == ([], [])
    assert outside.exists()
