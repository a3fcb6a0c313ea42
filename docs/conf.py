"""The site: `tox -e docs` builds it into build/site from README and the pages beside this file, which need no site."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "poolbench"
html_title = "poolbench"
author = "The poolbench authors"
extensions = ["myst_parser"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "results/*.md", "benchmarks/*/*.md"]
exclude_patterns = [".*", "build", "src", "tests", "plots"]
highlight_language = "text"
smartquotes = False  # `--option` would become a dash
html_theme = "furo"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

CONTENTS = {
    "Learn": ("docs/quickstart", "docs/tutorial", "docs/choosing", "docs/faq"),
    "Look up": ("docs/reference", "docs/when-things-go-wrong", "Dask <docs/dask>", "CHANGELOG", "Pages <docs/README>"),
    "Understand": ("docs/why-these-numbers", "results/README", "benchmarks/truth/README", "benchmarks/tuning/README"),
    "Take part": ("docs/how-it-works", "CONTRIBUTING"),
    "中文": ("docs/zh/quickstart", "docs/zh/tutorial"),
}


def setup(app: Sphinx) -> None:
    """What plain Markdown cannot say."""
    app.connect("source-read", add_contents)
    app.connect("doctree-read", add_dark_pictures, priority=400)  # before Sphinx collects the images, at 500
    app.connect("html-page-context", name_language)
    app.connect("build-finished", name_home)


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """The side bar; a code host would show the directive as text."""
    if page == root_doc:
        trees = [
            "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])
            for caption, pages in CONTENTS.items()
        ]
        source[0] += "\n\n" + "\n\n".join(trees) + "\n"


def add_dark_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Beside each picture the dark one, where it exists; the theme shows one of them."""
    for light in list(doctree.findall(nodes.image)):
        uri = light["uri"].removesuffix(".png") + "-dark.png"
        if Path(app.env.relfn2path(uri)[1]).is_file():
            dark = deepcopy(light)
            dark["uri"] = uri
            light["classes"].append("only-light")
            dark["classes"].append("only-dark")
            light.parent.insert(light.parent.index(light) + 1, dark)


def name_language(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """For browsers and screen readers."""
    context["language"] = "zh-CN" if page.startswith("docs/zh/") else "en"


def name_home(app: Sphinx, problem: Exception | None) -> None:
    """The address of a folder shows its index.html."""
    if problem is None:
        shutil.copyfile(app.outdir / "README.html", app.outdir / "index.html")
