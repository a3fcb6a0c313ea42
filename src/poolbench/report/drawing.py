"""A chart as SVG inside a page: colours become variables, styles classes, and ids the chart's own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from poolbench.charts import halo, style
from poolbench.charts.halo import HALOED
from poolbench.charts.owners import owner_of
from poolbench.report.outline import compact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.figure import Figure

    from poolbench.report.points import Point

    Element = ElementTree.Element

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_DECIMALS = re.compile(r"-?\d+\.\d+")
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_CROP = 11
"""Points."""
_DROPPED = ("metadata", "style")
_COORDINATES = ("x", "y", "transform", "width", "height")
_UPRIGHT = re.compile(r"\s*rotate\(-?0 [^)]*\)")


def variables(theme: str) -> dict[str, str]:
    """Names of CSS variables with their colours in `theme`."""
    look = style.theme(theme)
    plain = ("bg", "ink", "text2", "text3", "grid", "axis", "wash", "good", "bad")
    executors = {name: colour for name, colour in look.executors.items() if name != "sequential"}
    return {**{name: getattr(look, name) for name in plain}, **executors}


@dataclass
class Styles:
    """What the charts of one page share: each style that one of them uses becomes a class."""

    classes: dict[str, str] = field(default_factory=dict)
    charts: int = 0
    """Drawn so far."""
    labels: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=lambda: {c.lower(): n for n, c in variables("light").items()})

    def of(self, text: str) -> str:
        """The class of a style attribute, with variables for the theme's colours."""
        coloured = _COLOUR.sub(self._variable, " ".join(text.split()))
        return self.classes.setdefault(coloured, f"s{len(self.classes)}")

    def _variable(self, match: re.Match[str]) -> str:
        name = self.names.get(match[0].lower())
        return f"var(--{name})" if name else match[0]

    def prefix(self) -> str:
        """Another for each chart: matplotlib gives equal ids to equal markers."""
        self.charts += 1
        return f"c{self.charts}-"

    def label(self, text: str) -> str:
        """Another for each landmark: those that read the page aloud tell them apart by it."""
        self.labels[text] += 1
        return text if self.labels[text] == 1 else f"{text} ({self.labels[text]})"

    def rules(self) -> str:
        """For the page's style sheet."""
        return "\n".join(f".{name}{{{text}}}" for text, name in self.classes.items())


def inline(drawn: Figure, styles: Styles, label: str, points: Sequence[Point] = ()) -> str:
    """`drawn`, which is in the light theme, as an SVG element called `label`."""
    root = ElementTree.fromstring(_rendered(drawn))  # noqa: S314  our own text
    high = float(drawn.get_figheight()) * style.INCH
    _clean(root)
    prefix = styles.prefix()
    for parent in root.iter():
        _rewrite(parent, styles, prefix)
    _flatten(root)
    wide = float(drawn.get_figwidth()) * style.INCH
    # Less of the margins that a picture on its own needs.
    view = f"{_CROP} {_CROP} {wide - _CROP:g} {high - _CROP - 1:g}"
    root.attrib = {"viewBox": view, "class": "chart", "role": "group", "aria-label": label}
    for point in points:
        root.append(_circle(point, high))
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return re.sub(r">\s+<", "><", text)


def _rendered(drawn: Figure) -> str:
    text = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with style.applied(), halo.by_class():
        drawn.savefig(text, format="svg", metadata=nothing)
    return text.getvalue()


def _clean(root: Element) -> None:
    """Without namespaces, metadata, style sheets and the background, which is the page's."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for name in [name for name in element.attrib if name.startswith(_LINK)]:
            element.attrib[name.removeprefix(_LINK)] = element.attrib.pop(name)
    for parent in list(root.iter()):
        for child in list(parent):
            empty = child.tag == "defs" and not [each for each in child if each.tag not in _DROPPED]
            if child.tag in _DROPPED or empty or child.get("id") == "patch_1":
                parent.remove(child)


def _rewrite(element: Element, styles: Styles, prefix: str) -> None:
    given = element.attrib.pop("style", "")
    classes = [styles.of(given)] if given else []
    name = element.get("id", "")
    if name.startswith(HALOED):
        classes.append("halo")
    owner = owner_of(name.removeprefix(HALOED))
    if owner:
        classes.append(owner)
    if classes:
        element.set("class", " ".join(classes))
    if element.tag == "g":
        element.attrib.pop("id", None)  # nothing refers to a group
    elif "id" in element.attrib:
        element.set("id", prefix + element.attrib["id"])
    if element.get("href", "").startswith("#"):
        element.set("href", f"#{prefix}{element.attrib['href'][1:]}")
    _shorten(element, prefix)


def _shorten(element: Element, prefix: str) -> None:
    """Coordinates as exact as can be seen, and references to ids with their prefix."""
    if "d" in element.attrib:
        element.set("d", compact(element.attrib["d"]))
    if _UPRIGHT.fullmatch(element.get("transform", "")):
        del element.attrib["transform"]
    for name, value in element.attrib.items():
        if "url(#" in value:
            element.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", value))
        elif name in _COORDINATES:
            element.set(name, " ".join(_DECIMALS.sub(_short, value).split()))


def _short(match: re.Match[str]) -> str:
    """A coordinate to a hundredth of a point."""
    rounded = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if rounded == "-0" else rounded


def _flatten(root: Element) -> None:
    """Groups that say nothing give way to what is in them."""
    for parent in list(root.iter()):
        children: list[Element] = []
        for child in parent:
            children += list(_unwrapped(child))
        parent[:] = children


def _unwrapped(element: Element) -> Iterator[Element]:
    if element.tag == "g" and not element.attrib:
        for child in element:
            yield from _unwrapped(child)
    else:
        yield element


def _circle(point: Point, high: float) -> Element:
    """A place to point at, and to reach with the keyboard."""
    made = ElementTree.Element("circle")
    made.attrib = {"cx": f"{point.x:.1f}", "cy": f"{high - point.y:.1f}", "r": "9", "class": f"point {point.owner}"}
    made.attrib |= {"role": "img", "aria-label": point.text, "tabindex": "-1", "data-curve": point.owner}
    return made
