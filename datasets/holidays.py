"""Days that recur in a country's year and move what people listen to and buy, told by rules, so that any year has them.

A rule is data (``{"month": 7, "day": 4}``, ``{"month": 11, "weekday": 3, "nth": 4}``), since the browser reads the same ones from the
manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

Rule = Mapping[str, int]


@dataclass(frozen=True)
class Holiday:
    """One holiday and the days around it that may feel it.

    Attributes
    ----------
    name
        Unique within its calendar.
    rule
        ``month`` and ``day``, or ``month``, ``weekday`` (0 = Monday) and ``nth`` (1 = first, -1 = last).
    first, last
        Days around it, relative and inclusive.
    """

    name: str
    rule: Rule
    first: int = 0
    last: int = 0

    def __post_init__(self) -> None:
        if set(self.rule) not in ({"month", "day"}, {"month", "weekday", "nth"}) or self.first > self.last:
            got = f"{dict(self.rule)}, {self.first}..{self.last}"
            raise ValueError(f"holiday {self.name}: expected a known rule and days in order, got {got}")


# Easter is left out: its effect on streams in the years of training was not that of the year after.
CALENDARS: Mapping[str, tuple[Holiday, ...]] = {
    "US": (
        Holiday("new year", {"month": 1, "day": 1}, -1, 2),
        Holiday("martin luther king day", {"month": 1, "weekday": 0, "nth": 3}),
        Holiday("presidents day", {"month": 2, "weekday": 0, "nth": 3}),
        Holiday("memorial day", {"month": 5, "weekday": 0, "nth": -1}, -2, 0),
        Holiday("independence day", {"month": 7, "day": 4}, -1, 1),
        Holiday("labor day", {"month": 9, "weekday": 0, "nth": 1}, -2, 0),
        Holiday("halloween", {"month": 10, "day": 31}, 0, 1),
        Holiday("thanksgiving", {"month": 11, "weekday": 3, "nth": 4}, -1, 3),
        Holiday("christmas", {"month": 12, "day": 25}, -3, 3),
    )
}


def day_of(rule: Rule, year: int) -> date:
    """The day that a rule means in a year."""
    if "day" in rule:
        return date(year, rule["month"], rule["day"])
    first = date(year, rule["month"], 1)
    if rule["nth"] > 0:
        return first + timedelta(days=(rule["weekday"] - first.weekday()) % 7 + 7 * (rule["nth"] - 1))
    last = date(year + rule["month"] // 12, rule["month"] % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - rule["weekday"]) % 7 - 7 * (rule["nth"] + 1))
