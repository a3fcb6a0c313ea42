"""The twenty most populous countries, in the order in which the `flags` workload downloads them."""

from __future__ import annotations

POP20 = (
    "CN", "IN", "US", "ID", "BR", "PK", "NG", "BD", "RU", "JP",
    "MX", "PH", "VN", "ET", "EG", "DE", "IR", "TR", "CD", "FR",
)  # fmt: skip

COUNTRIES = {
    "CN": "China",
    "IN": "India",
    "US": "United States",
    "ID": "Indonesia",
    "BR": "Brazil",
    "PK": "Pakistan",
    "NG": "Nigeria",
    "BD": "Bangladesh",
    "RU": "Russia",
    "JP": "Japan",
    "MX": "Mexico",
    "PH": "Philippines",
    "VN": "Vietnam",
    "ET": "Ethiopia",
    "EG": "Egypt",
    "DE": "Germany",
    "IR": "Iran",
    "TR": "Turkey",
    "CD": "Democratic Republic of the Congo",
    "FR": "France",
}
