"""The site is built from the Markdown pages without a warning, and nothing in it leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")
pytest.importorskip("furo")

ROOT = Path(__file__).parents[1]


class Page(HTMLParser):
    """What a page refers to, and where it can be jumped to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.language, self.targets, self.names, self.classes = "", [], set(), {}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.names.add(given.get("id", ""))
        self.targets += [given[name] for name in ("href", "src") if name in given]
        if tag == "html":
            self.language = given.get("lang", "")
        if tag == "img":
            self.classes[Path(given["src"]).name] = given.get("class", "")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site")
    line = ["-m", "sphinx", "-W", "--keep-going", "-q", "-c", ROOT / "docs", "-d", out / "doctrees", ROOT, out / "html"]
    done = subprocess.run([sys.executable, *line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return out / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_page_is_there(pages, site):
    sources = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("results/*.md")]
    assert {site / path.relative_to(ROOT).with_suffix(".html") for path in sources} <= {*pages}
    assert site / "index.html" in pages


def test_every_page_can_be_reached_from_home(pages, site):
    seen, ahead = set(), [site / "index.html"]
    while ahead:
        page = ahead.pop()
        if page in pages and page not in seen:
            seen.add(page)
            ahead += [(page.parent / unquote(each.partition("#")[0])).resolve() for each in pages[page].targets]
    assert {*pages} - seen == set()


def test_links_and_pictures_lead_somewhere(pages):
    for path, page in pages.items():
        for each in page.targets:
            place, _, heading = each.partition("#")
            if re.match(r"\w+:|//", place):
                continue
            target = (path.parent / unquote(place.partition("?")[0])).resolve() if place else path
            assert target.is_file(), f"{path.name}: {each}"
            if heading and target in pages:
                assert unquote(heading) in pages[target].names, f"{path.name}: {each}"


def test_pictures_are_there_in_light_and_dark(pages, site):
    classes = pages[site / "docs" / "choosing.html"].classes
    light = [name for name in classes if "only-light" in classes[name]]
    assert len(light) >= 5
    assert all("only-dark" in classes[name.replace(".png", "-dark.png")] for name in light)


def test_pages_say_their_language(pages, site):
    assert pages[site / "docs" / "zh" / "tutorial.html"].language == "zh-CN"
    assert pages[site / "docs" / "tutorial.html"].language == "en"
