from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from poolbench.errors import UsageError
from poolbench.flagserver import COUNTRIES, POP20
from poolbench.flagserver.drawing import all_flags, draw

PROPORTIONS = {
    "US": 1.9, "BR": 20 / 14, "NG": 2, "BD": 5 / 3, "MX": 7 / 4,
    "PH": 2, "ET": 2, "DE": 5 / 3, "IR": 7 / 4, "CD": 4 / 3,
}  # fmt: skip

# Where, as shares of width and height from the top left, and which colour.
SAMPLES = [
    ("CN", 0.17, 0.25, "#FFFF00"), ("CN", 0.8, 0.8, "#EE1C25"), ("IN", 0.1, 0.1, "#FF671F"),
    ("IN", 0.5, 0.5, "#06038D"), ("IN", 0.1, 0.9, "#046A38"), ("US", 0.02, 0.02, "#0A3161"),
    ("US", 0.9, 0.04, "#B31942"), ("US", 0.9, 0.115, "#FFFFFF"), ("ID", 0.5, 0.2, "#FF0000"),
    ("ID", 0.5, 0.8, "#FFFFFF"), ("BR", 0.02, 0.02, "#009739"), ("BR", 0.5, 0.2, "#FEDD00"),
    ("BR", 0.5, 0.3, "#012169"), ("PK", 0.1, 0.5, "#FFFFFF"), ("PK", 0.44, 0.5, "#FFFFFF"),
    ("PK", 0.95, 0.5, "#01411C"), ("NG", 0.1, 0.5, "#008753"), ("NG", 0.5, 0.5, "#FFFFFF"),
    ("BD", 0.45, 0.5, "#F42A41"), ("BD", 0.9, 0.9, "#006A4E"), ("RU", 0.5, 0.1, "#FFFFFF"),
    ("RU", 0.5, 0.5, "#0039A6"), ("RU", 0.5, 0.9, "#D52B1E"), ("JP", 0.5, 0.5, "#BC002D"),
    ("JP", 0.05, 0.05, "#FFFFFF"), ("MX", 0.1, 0.5, "#006341"), ("MX", 0.9, 0.5, "#C8102E"),
    ("MX", 0.5, 0.05, "#FFFFFF"), ("PH", 0.144, 0.5, "#FCD116"), ("PH", 0.8, 0.2, "#0038A8"),
    ("PH", 0.8, 0.8, "#CE1126"), ("VN", 0.5, 0.5, "#FFFF00"), ("ET", 0.1, 0.1, "#078930"),
    ("ET", 0.5, 0.5, "#0F47AF"), ("ET", 0.1, 0.9, "#DA121A"), ("EG", 0.5, 0.1, "#CE1126"),
    ("EG", 0.5, 0.9, "#000000"), ("EG", 0.44, 0.4, "#C09300"), ("DE", 0.5, 0.1, "#000000"),
    ("DE", 0.5, 0.9, "#FFCC00"), ("IR", 0.5, 0.1, "#239F40"), ("IR", 0.5, 0.5, "#DA0000"),
    ("TR", 0.2, 0.5, "#FFFFFF"), ("TR", 0.95, 0.5, "#E30A17"), ("CD", 0.18, 0.23, "#F7D618"),
    ("CD", 0.5, 0.5, "#CE1021"), ("CD", 0.95, 0.9, "#007FFF"), ("FR", 0.1, 0.5, "#000091"),
    ("FR", 0.9, 0.5, "#E1000F"),
]  # fmt: skip


@pytest.fixture(scope="module")
def pictures():
    return {cc: Image.open(BytesIO(data)).convert("RGB") for cc, data in all_flags().items()}


def test_the_twenty_countries_have_names_and_different_flags():
    flags = all_flags()
    assert tuple(flags) == tuple(COUNTRIES) == POP20
    assert len(set(flags.values())) == 20


@pytest.mark.parametrize("cc", POP20)
def test_a_flag_is_a_gif_of_2_to_30_kb_in_its_official_proportions(cc):
    data = draw(cc)
    with Image.open(BytesIO(data)) as picture:
        picture.load()
        assert picture.format == "GIF"
        assert picture.width / picture.height == pytest.approx(PROPORTIONS.get(cc, 1.5), abs=0.002)
    assert 2 * 1024 <= len(data) <= 30 * 1024


@pytest.mark.parametrize(("cc", "x", "y", "colour"), SAMPLES)
def test_colours(pictures, cc, x, y, colour):
    picture = pictures[cc]
    found = picture.getpixel((round(x * picture.width), round(y * picture.height)))
    assert found == tuple(bytes.fromhex(colour[1:]))


def test_the_same_bytes_every_time_in_either_case():
    assert draw("mx") == draw("MX")


def test_a_country_without_a_drawing():
    with pytest.raises(UsageError, match="no country named XX") as caught:
        draw("XX")
    assert "CN" in caught.value.tip
