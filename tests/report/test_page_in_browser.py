"""The page in a real browser: no network, its policy in force, pointer, switches and keys, axe-core, a narrow screen.

Skipped without Playwright or Chromium; `axe-core` is taken from the npm package where POOLBENCH_AXE names its
`axe.min.js`, else from the Python package that ships it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from page_sweeps import EVIL, write

from poolbench import gallery
from poolbench.report.page import build

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = os.environ.get("POOLBENCH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("no Chromium: apt-get install chromium", allow_module_level=True)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    target = folder / "page.html"
    target.write_text(build(gallery.sheets([write(folder / "s.csv", "flags", EVIL)])), encoding="utf-8")
    return target


class Opened:
    """A page with all that it asked for and complained about."""

    def __init__(self, browser: Any, file: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(file.as_uri())


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[Opened]:
    found = Opened(browser, file, color_scheme="light", viewport={"width": 1200, "height": 900})
    yield found
    found.context.close()


def test_it_asks_for_nothing_and_nothing_is_refused(opened: Opened, file: Path) -> None:
    opened.page.wait_for_load_state("networkidle")
    assert [url for url in opened.requests if not url.startswith("data:")] == [file.as_uri()]
    assert opened.complaints == []


def test_a_script_from_elsewhere_is_not_obeyed(opened: Opened) -> None:
    opened.page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    )
    assert opened.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in each for each in opened.complaints)


def test_a_name_that_looks_like_markup_is_shown(opened: Opened) -> None:
    assert opened.page.get_by_role("heading", name=EVIL).is_visible()


def test_pointing_at_a_mark_tells_its_numbers(opened: Opened) -> None:
    tip = opened.page.locator("#tip")
    assert not tip.is_visible()
    mark = opened.page.locator("circle.point.of-threads").nth(2)
    mark.hover(force=True)  # others may lie over it: the nearest counts
    assert tip.is_visible()
    assert tip.inner_text() == mark.get_attribute("aria-label")
    assert "16 threads: " in tip.inner_text()
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1200
    opened.page.mouse.move(2, 2)
    assert not tip.is_visible()


def test_a_switch_hides_a_curve_everywhere(opened: Opened) -> None:
    button = opened.page.get_by_role("button", name="asyncio")
    parts = opened.page.locator(".of-asyncio")
    shown = parts.evaluate_all("parts => parts.filter(p => getComputedStyle(p).display !== 'none').length")
    assert shown == parts.count() > 20
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert parts.evaluate_all("parts => parts.filter(p => getComputedStyle(p).display !== 'none').length") == 0
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert parts.evaluate_all("parts => parts.filter(p => getComputedStyle(p).display !== 'none').length") == shown


def test_keys_reach_every_mark(opened: Opened) -> None:
    page = opened.page
    chart = page.locator("svg.chart").first
    assert chart.locator("circle[tabindex='0']").count() == 1  # one stop a chart
    chart.locator("circle[tabindex='0']").focus()
    label = "document.activeElement.getAttribute('aria-label')"
    first = page.evaluate(label)
    page.keyboard.press("ArrowRight")
    second = page.evaluate(label)
    assert second != first
    assert page.locator("#tip").inner_text() == second
    page.keyboard.press("ArrowDown")
    third = page.evaluate(label)
    assert "threads" in second
    assert "threads" not in third
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(label) == first
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()


def background(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_light_and_dark_follow_the_system_and_the_reader(browser: Any, file: Path) -> None:
    found = Opened(browser, file, color_scheme="dark")
    assert background(found.page) == "rgb(17, 22, 29)"
    found.page.get_by_role("button", name="light or dark").click()
    assert background(found.page) == "rgb(255, 255, 255)"
    found.context.close()


@pytest.mark.parametrize("opened_", [False, True], ids=["closed", "numbers open"])
def test_a_narrow_screen_does_not_overflow(opened_: bool, browser: Any, file: Path) -> None:
    found = Opened(browser, file, viewport={"width": 390, "height": 800})
    if opened_:
        found.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert found.page.evaluate("document.documentElement.scrollWidth") <= 390
    found.context.close()


def axe() -> Path | None:
    """The script of axe-core, where there is one."""
    named = os.environ.get("POOLBENCH_AXE")
    spec = find_spec("axe_playwright_python")
    shipped = [Path(place) / "axe.min.js" for place in (spec.submodule_search_locations or [])] if spec else []
    return next((path for path in [*([Path(named)] if named else []), *shipped] if path.exists()), None)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(scheme: str, browser: Any, file: Path) -> None:
    script = axe()
    if script is None:
        pytest.skip("no axe-core: npm install axe-core, and set POOLBENCH_AXE to its axe.min.js")
    found = Opened(browser, file, color_scheme=scheme, bypass_csp=True)
    found.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found.page.get_by_role("button", name="processes").click()  # switched off, it must still be legible
    found.page.add_script_tag(content=script.read_text(encoding="utf-8"))
    result = found.page.evaluate("axe.run(document)")
    found.context.close()
    told = [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in result["violations"]
    ]
    assert told == []
    assert len(result["passes"]) > 10
