"""The report's page in a real browser: Debian's Chromium, without a display."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from syscord_read.cli.stat import SECTIONS
from syscord_read.measure.recording import sum_up
from syscord_read.model.selection import Selection
from syscord_read.report.page.page import make_page
from syscord_read.report.printable import printable
from syscord_read.report.stat.document import document
from syscord_read.source import open_source
from tests.unit.read.report.report_scene import HOSTILE, hostile, scene
from tests.unit.traces import Maker

#: Seconds that the browser may take for anything.
DEADLINE = 60
NARROW, WIDE = 400, 1400


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    # Containers have no user namespaces for its sandbox, little in /dev/shm, and no GPU.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(DEADLINE)
    driver.set_script_timeout(DEADLINE)
    try:
        yield driver
    finally:
        driver.quit()


class Shown:
    """A page that is shown."""

    def __init__(self, browser: webdriver.Chrome, path: Path) -> None:
        self.browser = browser
        self.path = path
        self.resize(1000)
        self.scheme("light")
        self.complaints()
        browser.get(path.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def resize(self, width: int) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        # Two frames later, what is to be drawn anew has been.
        self.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def scheme(self, name: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": name}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def focus(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).focus()", selector)

    @property
    def tip(self) -> str:
        return str(self.run("const tip = document.getElementById('tip'); return tip.hidden ? '' : tip.innerText"))

    def complaints(self) -> list[str]:
        """What the browser has written to its console since the last time."""
        entries: list[dict[str, str]] = self.browser.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries]


def page(maker: Maker, folder: Path) -> Path:
    source = open_source([maker.write(folder / "trace")])
    path = folder / "report.html"
    path.write_text(make_page(source, Selection()), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("report")
    page(scene(), found)
    return found


@pytest.fixture
def shown(browser: webdriver.Chrome, folder: Path) -> Iterator[Shown]:
    """The page of a recording, about which the browser must not complain."""
    found = Shown(browser, folder / "report.html")
    yield found
    assert found.complaints() == []


@pytest.fixture(scope="module")
def sums(folder: Path) -> Any:
    """What stat says of the same recording."""
    source = open_source([folder / "trace"])
    return document(source, sum_up(source, Selection()), dict.fromkeys(SECTIONS))


def number(text: str) -> int:
    return int(re.sub(r"[^\d]", "", text) or 0)


# Numbers


def test_the_legend_has_the_calls_that_stat_has(shown: Shown, sums: Any) -> None:
    legend = [button.text.split() for button in shown.all("#legend button")]
    assert {name: number(count) for name, count in legend} == {row["syscall"]: row["calls"] for row in sums["syscalls"]}


def test_pointing_at_each_step_in_turn_finds_every_call(shown: Shown, sums: Any) -> None:
    steps = shown.run("return JSON.parse(document.getElementById('data').textContent).steps")
    shown.focus("#stack")
    found = {row["syscall"]: 0 for row in sums["syscalls"]}
    for key in (Keys.HOME, *itertools.repeat(Keys.ARROW_RIGHT, steps - 1)):
        shown.press(key)
        for name, count in re.findall(r"^(\w+)\s+([\d,]+)$", shown.tip, re.MULTILINE):
            found[name] += number(count)
    assert found == {row["syscall"]: row["calls"] for row in sums["syscalls"]}


def test_bars_are_as_high_as_their_numbers(shown: Shown) -> None:
    """The path of each syscall covers as much as it has calls, in the same scale for all."""
    areas = dict(
        shown.run(
            """
            return [...document.querySelectorAll("#stack path")].map((path) => [path.dataset.name,
              [...path.getAttribute("d").matchAll(/M([\\d.]+) ([\\d.]+)h([\\d.]+)V([\\d.]+)/g)]
                .reduce((sum, [, , y, , top]) => sum + Number(y) - Number(top), 0)]);
            """
        )
    )
    assert areas["openat"] / areas["read"] == pytest.approx(400 / 1200, rel=0.01)
    assert areas["close"] / areas["read"] == pytest.approx(360 / 1200, rel=0.01)


def test_the_heat_map_has_a_colour_where_there_are_calls_and_nowhere_else(shown: Shown, sums: Any) -> None:
    cells = shown.run("return JSON.parse(document.getElementById('data').textContent).heat.cells")
    assert sum(cells[2::3]) == sums["total"]["timed"]
    painted, filled = shown.run(
        """
        const data = JSON.parse(document.getElementById("data").textContent), cells = data.heat.cells;
        const canvas = document.querySelector("#heat canvas"), rows = data.heat.least.length - 1;
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        const x = (step) => Math.floor(52 + (step + 0.5) / data.steps * (canvas.width - 60));
        const y = (row) => Math.floor(8 + (canvas.height - 30) * (1 - (row + 0.5) / rows));
        const painted = [], filled = [];
        for (let at = 0; at < cells.length; at += 3) filled.push(cells[at] * rows + cells[at + 1]);
        for (let step = 0; step < data.steps; step++) for (let row = 0; row < rows; row++)
          if (pixels[(y(row) * canvas.width + x(step)) * 4 + 3]) painted.push(step * rows + row);
        return [painted, filled];
        """
    )
    assert sorted(painted) == sorted(filled)


def test_a_cell_of_the_heat_map_says_how_many_calls_took_so_long(shown: Shown) -> None:
    data = shown.run("return JSON.parse(document.getElementById('data').textContent)")
    step, row, count = data["heat"]["cells"][:3]
    shown.focus("#heat")
    shown.press(Keys.HOME, *[Keys.ARROW_RIGHT] * step, *[Keys.ARROW_DOWN] * 200, *[Keys.ARROW_UP] * row)
    assert f"{count} calls took" in shown.tip
    assert shown.find("#said").get_attribute("textContent") == shown.find("#tip").get_attribute("textContent")


def test_the_tables_have_the_numbers_that_stat_has(shown: Shown, sums: Any) -> None:
    def table(name: str, *columns: int) -> list[list[str]]:
        rows = shown.run(
            "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map((row) => [...row.cells].map("
            "(cell) => cell.dataset.value ?? cell.textContent.trim()))",
            name,
        )
        return [[row[column] for column in columns] for row in rows]

    assert table("syscalls-table", 0, 1, 2, 3) == [
        [row["syscall"], *(str(row[key]) for key in ("calls", "errors", "time"))] for row in sums["syscalls"]
    ]
    assert table("errors-table", 0, 1, 2) == [
        [row["error"], row["syscall"], str(row["count"])] for row in sums["errors"]
    ]
    files = {row["path"]: [str(row[key]) for key in ("calls", "errors", "time", "read")] for row in sums["files"]}
    shown_files = table("files-table", 0, 1, 2, 3, 4)
    assert len(shown_files) == 20 and all(files[name] == values for name, *values in shown_files)
    assert {row[0]: row[1] for row in table("peers-table", 0, 1)} == {
        row["peer"]: str(row["calls"]) for row in sums["peers"]
    }


# Looks


@pytest.mark.parametrize("width", [NARROW, 640, WIDE])
def test_nothing_is_wider_than_the_window(shown: Shown, width: int) -> None:
    shown.resize(width)
    assert shown.run("return [innerWidth, document.documentElement.scrollWidth]") == [width, width]
    assert overflowing(shown) == []
    assert shown.run("return document.querySelector('#stack > svg').getBoundingClientRect().right") <= width


def overflowing(shown: Shown) -> list[str]:
    """Elements that reach beyond the window, or whose text reaches beyond them."""
    found = shown.run(
        """
        return [...document.querySelectorAll("body *")].filter((each) => {
          if (!each.getClientRects().length || each.closest(".unseen, svg, [hidden]")) return false;
          const box = each.getBoundingClientRect();
          const cut = getComputedStyle(each).display !== "inline" && each.scrollWidth > each.clientWidth + 1;
          return box.right > innerWidth + 0.5 || box.left < -0.5 || cut;
        }).map((each) => each.outerHTML.slice(0, 150));
        """
    )
    return [str(each) for each in found]


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_not_even_long_and_hostile_names_overflow(browser: webdriver.Chrome, tmp_path: Path, width: int) -> None:
    maker = hostile()
    maker.hostname = "h" * 60
    maker.call(0, 900, 100, "openat", {"dir": -100, "path": b"/" + b"x" * 4000, "flags": 0, "mode": 0}, ret=3)
    shown = Shown(browser, page(maker, tmp_path))
    shown.resize(width)
    assert overflowing(shown) == [] and shown.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_the_light_and_in_the_dark(shown: Shown, scheme: str) -> None:
    shown.scheme(scheme)
    paper = luminance(shown, "body", "backgroundColor")
    assert (paper > 0.5) == (scheme == "light")
    for selector in ("body", ".note", ".tiles dt", "thead th", "tbody td", "#legend small", "footer"):
        assert contrast(luminance(shown, selector, "color"), paper) >= 4.5, selector
    for place in range(8):
        shown.run("document.querySelector('.tiles dt').className = arguments[0]", f"c{place}")
        assert contrast(luminance(shown, ".tiles dt", "backgroundColor"), paper) >= 3, f"colour {place}"


def luminance(shown: Shown, selector: str, what: str) -> float:
    """As WCAG 2 defines it."""
    colour = shown.run("return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, what)
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_the_heat_map_is_drawn_anew_in_other_light(shown: Shown) -> None:
    image = "return document.querySelector('#heat canvas').toDataURL()"
    light = shown.run(image)
    shown.scheme("dark")
    shown.resize(1000)
    assert shown.run(image) != light


def test_charts_are_as_wide_as_the_window_lets_them(shown: Shown) -> None:
    widths = []
    for width in (NARROW, 800):
        shown.resize(width)
        widths.append(
            [
                shown.run(f"return document.querySelector('{each}').clientWidth")
                for each in ("#stack svg", "#heat canvas")
            ]
        )
    assert widths[0][0] == widths[0][1] < NARROW < widths[1][0] == widths[1][1] < 800


# Hands


def test_everything_can_be_reached_with_the_keyboard(shown: Shown) -> None:
    reached = set()
    for _ in range(60):
        shown.press(Keys.TAB)
        reached.add(
            shown.run(
                "const now = document.activeElement; return now.id || now.className || now.parentNode.id || now.tagName"
            )
        )
    assert {"stack", "heat", "legend", "twig", "all"} <= reached and any(each == "BUTTON" for each in reached)


def test_the_pointer_shows_a_tip_in_the_window(shown: Shown) -> None:
    for selector in ("#stack", "#heat"):
        chart = shown.find(selector)
        for across in (-400, 0, 440):
            ActionChains(shown.browser).move_to_element_with_offset(chart, across, 0).perform()
            assert re.search(r"\d.* to \d.*", shown.tip)
            box = shown.run(
                "const box = document.getElementById('tip').getBoundingClientRect(); return [box.left, box.right]"
            )
            assert box[0] >= 0 and box[1] <= 1000
            assert len(shown.all(".hair")) == 2, "both charts show the same time"
    ActionChains(shown.browser).move_to_element(shown.find("footer")).perform()
    assert shown.tip == ""


def test_escape_takes_the_tip_away(shown: Shown) -> None:
    shown.focus("#stack")
    shown.press(Keys.END)
    assert shown.tip
    shown.press(Keys.ESCAPE)
    assert shown.tip == ""


def test_one_syscall_can_be_seen_alone(shown: Shown) -> None:
    _, second, *_ = shown.all("#legend button")
    second.send_keys(Keys.ENTER)
    assert [path.get_attribute("data-name") for path in shown.all("#stack path")] == ["openat"]
    assert second.get_attribute("aria-pressed") == "true"
    second.send_keys(Keys.SPACE)
    assert len(shown.all("#stack path")) == 4


def test_tables_are_sorted_by_their_headings(shown: Shown) -> None:
    def column() -> list[str]:
        return [row.text for row in shown.all("#syscalls-table tbody th")]

    name, calls = (shown.find(f"#syscalls-table thead th:nth-child({place}) button") for place in (1, 2))
    name.click()
    assert column() == ["accept4", "close", "openat", "read"]
    name.click()
    assert column() == ["read", "openat", "close", "accept4"]
    calls.send_keys(Keys.ENTER)
    assert column() == ["read", "openat", "close", "accept4"]
    assert [each.get_attribute("aria-sort") for each in shown.all("#syscalls-table th[aria-sort]")] == ["descending"]


def test_of_long_tables_the_rest_is_shown_on_demand(shown: Shown) -> None:
    def visible() -> int:
        return sum(row.is_displayed() for row in shown.all("#files-table tbody tr"))

    assert visible() == 15
    shown.find("#files-table + .all").click()
    assert visible() == 20 and not shown.all("#files-table + .all")


def test_processes_fold_and_unfold(shown: Shown) -> None:
    def visible() -> list[str]:
        return [row.text.split()[-1] for row in shown.all("#processes-table tbody th") if row.is_displayed()]

    assert visible() == ["1", "7", "8", "9"]
    _, shell, cat = shown.all("button.twig")
    cat.send_keys(Keys.ENTER)
    shell.click()
    assert visible() == ["1", "7"]
    shell.click()
    assert visible() == ["1", "7", "8"], "what was folded itself stays so"


# Others


def test_hostile_names_do_nothing_but_stand_there(browser: webdriver.Chrome, tmp_path: Path) -> None:
    shown = Shown(browser, page(hostile(), tmp_path))
    ActionChains(browser).move_to_element(shown.find("#processes-table")).perform()
    assert shown.run("return window.hacked === undefined && !document.querySelector('img, b:not(#tip b)')")
    text = " ".join(shown.run("return document.body.textContent").split())
    for each in HOSTILE:
        assert " ".join(printable(b"/" + each).split()) in text
    assert shown.complaints() == []


def test_what_should_get_in_all_the_same_is_not_run(browser: webdriver.Chrome, folder: Path, tmp_path: Path) -> None:
    """The page's policy is a second wall: a script that was not there when the page was made does not run."""
    text = (folder / "report.html").read_text("utf-8")
    attacked = tmp_path / "attacked.html"
    attacked.write_text(
        text.replace("<main>", "<main><script>window.hacked = 1</script><img src=x onerror='hacked=1'>"), "utf-8"
    )
    shown = Shown(browser, attacked)
    assert shown.run("return window.hacked === undefined")
    assert all("Content Security Policy" in each for each in shown.complaints())


def test_the_page_asks_for_nothing(shown: Shown) -> None:
    assert shown.run("return performance.getEntriesByType('resource').map((each) => each.name)") == []


@pytest.mark.parametrize("calls", [0, 1, 5])
def test_few_records_are_shown_as_well(browser: webdriver.Chrome, tmp_path: Path, calls: int) -> None:
    shown = Shown(browser, page(scene(calls), tmp_path))
    assert shown.find(".tiles dd").text.splitlines()[0] == str(calls)
    assert len(shown.all("#stack svg")) == (2 if calls else 0)
    shown.resize(NARROW)
    assert overflowing(shown) == [] and shown.complaints() == []


def test_a_text_record_is_shown_without_charts(browser: webdriver.Chrome, tmp_path: Path) -> None:
    record, path = tmp_path / "record", tmp_path / "report.html"
    record.write_text("pid=7, openat, dir=-100, path=/etc/hosts, flags=0, mode=0, res=3\n")
    path.write_text(make_page(open_source([record]), Selection()), "utf-8")
    shown = Shown(browser, path)
    assert "A text record has no times" in shown.find("main").text and not shown.all(".chart")
    assert shown.complaints() == []
