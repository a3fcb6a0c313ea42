"""The page as text: what is in it, that it is whole, safe and always the same."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from page_sweeps import EVIL, write

from poolbench import gallery
from poolbench.charts import fonts
from poolbench.cli import main
from poolbench.report.outline import compact
from poolbench.report.page import build


class _Page(HTMLParser):
    """Tags, classes, ids and words of a page."""

    VOID = ("meta", "br", "path", "use", "rect", "circle")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inside: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        self.inside.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("page") / "sweep.csv", "flags", "loiter")


@pytest.fixture(scope="module")
def text(csv: Path) -> str:
    return build(gallery.sheets([csv]))


@pytest.fixture(scope="module")
def page(text: str) -> _Page:
    return _Page(text)


def test_every_element_is_closed(page: _Page) -> None:
    assert page.open == []


def test_the_sentence_and_the_line_of_code_come_first(page: _Page) -> None:
    words = [each.strip() for each in page.inside["h1"]]
    assert words == ["16 threads download flags 11.9× as fast as one at a time"]
    assert page.inside["code"][0] == "ThreadPoolExecutor(max_workers=16)"
    order = [tag for tag, _ in page.tags if tag in ("h1", "code", "svg", "table", "details")]
    assert order[:7] == ["h1", "code", "svg", "code", "svg", "table", "details"]


def test_it_has_every_chart_and_every_number(page: _Page) -> None:
    charts = [each["aria-label"] for each in page.all("svg")]
    assert len(charts) == 3 * 2 + 1
    assert len(page.all("details")) == 2
    rows = [attrs for attrs in page.all("tr") if "of-threads" in (attrs.get("class") or "")]
    assert len(rows) == 2 * (1 + 3)


def test_how_it_was_measured_is_said(page: _Page) -> None:
    words = " ".join(page.words)
    assert "the laptop · 2026-11-22 · sweep.csv · 48 runs in 3 blocks, seed 7" in words


def test_the_raw_rows_are_attached(page: _Page, csv: Path) -> None:
    [link] = page.all("a")
    kind, _, coded = str(link["href"]).partition(",")
    assert (link["download"], kind) == ("sweep.csv", "data:text/csv;charset=utf-8;base64")
    assert base64.b64decode(coded) == csv.read_bytes()


def test_a_long_csv_is_attached_compressed(tmp_path: Path) -> None:
    path = write(tmp_path / "long.csv", blocks=70)
    [link] = _Page(build(gallery.sheets([path]))).all("a")
    assert link["download"] == "long.csv.gz"
    assert gzip.decompress(base64.b64decode(str(link["href"]).partition(",")[2])) == path.read_bytes()


def test_only_its_own_style_and_script_are_obeyed(text: str, page: _Page) -> None:
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not [attrs for _, attrs in page.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]


def test_nothing_comes_from_elsewhere(text: str, page: _Page) -> None:
    references = [str(v) for _, attrs in page.tags for k, v in attrs.items() if k in ("src", "href", "xlink:href")]
    assert all(each.startswith(("#", "data:")) for each in references)
    assert all(each.startswith("data:") for each in re.findall(r"url\([\"']?([^#)\"']+)", text))


def test_ids_are_unique_and_references_find_them(page: _Page) -> None:
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    wanted = [str(attrs["href"])[1:] for attrs in page.all("use")]
    wanted += re.findall(r"url\(#([^)]+)\)", " ".join(str(v) for _, attrs in page.tags for v in attrs.values()))
    assert wanted
    assert set(wanted) <= set(ids)


def test_colours_are_variables_with_two_values(text: str) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style.count("--threads:#4567FF") == 1
    assert style.count("--threads:#93ACED") == 2  # asked for by the system, or by the reader
    rules = [rule for rule in style.splitlines() if re.match(r"\.s\d+\{", rule)]
    assert rules
    assert not [rule for rule in rules if re.search("#[0-9a-f]{6}", rule, re.IGNORECASE)]


def test_points_say_their_numbers(page: _Page) -> None:
    points = [each for each in page.all("circle") if "point" in (each.get("class") or "")]
    said = [str(each["aria-label"]) for each in points]
    pattern = r"16 threads: 1[12]\d flags per second \(95 % CI \d+ to \d+\), 1[12]\.\d× one at a time, p95 52\.0 ms.*"
    assert any(re.fullmatch(pattern, each) for each in said)
    assert len(points) == 2 * 7 * 2  # a point for each cell of each workload, in its own chart and in the common one


@pytest.mark.parametrize(
    ("data", "small"),
    [
        ("M 76.32 194.4 L 730.08 194.4 L 730.08 108 L 76.32 108 z", "M76.3 194.4h653.8v-86.4h-653.8z"),
        ("M 0 0 L 0.01 0.02 L 0.3 -0.5", "M0 0l.3-.5"),
        ("M 1 1 C 2 2 3 1.5 4 0 Q 5 5 6 6", "M1 1c1 1 2 .5 3-1q1 5 2 6"),
        ("M 10 10 L 20 10 M 30 10 L 40 12", "M10 10h10M30 10l10 2"),
        ("M -1.5 1e-3 L 1 1", "M-1.5 0l2.5 1"),
        ("", ""),
    ],
)
def test_outlines_are_small(data: str, small: str) -> None:
    assert compact(data) == small


def test_rounding_does_not_add_up() -> None:
    far = "M 0 0 " + " ".join(f"L {step * 0.04:.2f} {step}" for step in range(1, 1001))
    steps = re.findall(r"l(-?[\d.]+) ", compact(far))
    assert sum(map(float, steps)) == pytest.approx(40.0)


def test_the_same_sweep_gives_the_same_bytes(csv: Path, text: str) -> None:
    assert build(gallery.sheets([csv])) == text


def test_markup_in_names_is_text_everywhere(tmp_path: Path) -> None:
    path = write(tmp_path / f"{EVIL.replace('/', '-')}.csv", EVIL, params=f"key={EVIL}")
    found = build(gallery.sheets([path]))
    assert found.count("<script") == 1
    assert "alert(1)</script>" not in found.replace("&lt;", "")
    page = _Page(found)
    assert page.open == []
    assert any(EVIL in each for each in page.words)


def test_without_inter_nothing_is_embedded(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fontpkg_inter", None)
    fonts.families.cache_clear()
    try:
        found = build(gallery.sheets([csv]))
    finally:
        fonts.families.cache_clear()
    assert "@font-face" not in found
    assert '--font:"DejaVu Sans"' in found


def test_a_baseline_alone_makes_a_page(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", blocks=1)
    head, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, *(line for line in rest if ",sequential," in line), ""]))
    page = _Page(build(gallery.sheets([path])))
    assert page.all("svg") == []
    assert page.open == []


def test_the_command_writes_it(csv: Path, tmp_path: Path, text: str, capsys) -> None:
    target = tmp_path / "new" / "page.html"
    assert main(["report", str(csv), "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == text
    assert capsys.readouterr().out.startswith(f"{target}  ")
