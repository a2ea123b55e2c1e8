"""Figures as charts: what replicas use now, and how that went over a time; as Slack's own block, else as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from slackblocks import AxisConfig, BarChart, DataPoint, DataSeries, DataVisualizationBlock, LineChart

from cloudkit.model.glance import Glance, Running
from cloudkit.model.task import Usage
from cloudkit_bot import limits
from cloudkit_bot.blocks.sheet import Sheet
from cloudkit_bot.blocks.text import cut, units

__all__ = ["Chart", "glance_charts", "put_charts", "usage_charts"]

T = TypeVar("T")
MEBIBYTE = 1024 * 1024
BARS = 60  # replicas of a picture, the busiest ones
POINTS = 12  # of a line: more would need the room of the table below


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Numbers to be drawn.

    Args:
        title: What they are.
        kind: Bars beside each other, or lines over a time.
        categories: What stands below, left to right, each once.
        series: For each name as many numbers as there are categories.
        unit: What the numbers count.
    """

    title: str
    kind: Literal["bar", "line"]
    categories: tuple[str, ...]
    series: Mapping[str, tuple[float, ...]]
    unit: str = ""

    @property
    def fits(self) -> bool:
        """True where Slack's own block can show it."""
        return 0 < len(self.categories) <= limits.CHART_POINTS and 0 < len(self.series) <= limits.CHART_SERIES


def usage_charts(usages: Sequence[Usage]) -> Iterator[Chart]:
    """Yield what replicas use now, side by side; of very many the busiest."""
    chosen = sorted(usages, key=lambda one: -one.cpu)[:BARS] if len(usages) > limits.CHART_POINTS else list(usages)
    names = tuple(one.replica for one in chosen)
    yield Chart(
        title="CPU", kind="bar", categories=names, series={"in use": tuple(one.cpu for one in chosen)}, unit="cores"
    )
    memory = {"in use": tuple(one.memory / MEBIBYTE for one in chosen)}
    if all(one.memory_limit is not None for one in chosen):
        memory["limit"] = tuple((one.memory_limit or 0) / MEBIBYTE for one in chosen)
    yield Chart(title="Memory", kind="bar", categories=names, series=memory, unit="MiB")


def glance_charts(glances: Sequence[Glance]) -> Iterator[Chart]:
    """Yield how processor time and memory went, a line for each replica, or for each app where there are several."""
    by_second = {f"{glance.observed_at:%H:%M:%S}": glance for glance in glances}
    times = tuple(spread(list(by_second), POINTS))
    chosen = [by_second[time] for time in times]
    if len(times) < 2:
        return
    by_app = len({app.name for glance in chosen for app in glance.apps}) > 1
    rows = [[(row.app if by_app else row.replica.name, row) for row in glance.running] for glance in chosen]
    names = list(dict.fromkeys(name for look in rows for name, row in look if row.usage))
    if names:
        for title, unit, scale in (("CPU", "cores", 1.0), ("Memory", "MiB", float(MEBIBYTE))):
            lines = {name: tuple(total(look, name, title) / scale for look in rows) for name in names}
            yield Chart(title=title, kind="line", categories=times, series=lines, unit=unit)


def total(look: Sequence[tuple[str, Running]], name: str, title: str) -> float:
    used = [row.usage for found, row in look if found == name and row.usage]
    return float(sum(one.cpu if title == "CPU" else one.memory for one in used))


def spread(looks: Sequence[T], most: int) -> list[T]:
    """Return so many at the most, from the first to the last, evenly.

    >>> spread([1, 2, 3, 4, 5, 6, 7], 3)
    [1, 4, 7]
    """
    if len(looks) <= most:
        return list(looks)
    return [looks[round(index * (len(looks) - 1) / (most - 1))] for index in range(most)]


def put_charts(charts: Sequence[Chart], sheet: Sheet, name: str) -> None:
    """Put charts on a sheet; those that Slack's own block cannot show go into one picture."""
    left = [chart for chart in charts if chart.categories and chart.series and not placed(chart, sheet)]
    if left:
        from cloudkit_bot.blocks.picture import picture

        sheet.attach_picture(f"{name}.png", picture([cleaned(chart, sheet) for chart in left]))


def placed(chart: Chart, sheet: Sheet) -> bool:
    """Put a chart as a block; return False where it does not fit."""
    if sheet.look.classic or sheet.charts >= limits.CHARTS or not chart.fits:
        return False
    if not sheet.add(block(cleaned(chart, sheet))):
        return False
    sheet.charts += 1
    return True


def cleaned(chart: Chart, sheet: Sheet) -> Chart:
    """Return a chart in which no name holds a secret, or steers a client, and no two names are the same."""
    categories = distinct([line(one, sheet) for one in chart.categories])
    names = distinct([line(one, sheet) for one in chart.series])
    return Chart(
        title=chart.title,
        kind=chart.kind,
        categories=tuple(categories),
        series=dict(zip(names, chart.series.values(), strict=True)),
        unit=chart.unit,
    )


def line(name: str, sheet: Sheet) -> str:
    return " ".join(sheet.words(name, limits.CARD_TITLE).split()) or "-"


def block(chart: Chart) -> DataVisualizationBlock:
    axis = AxisConfig(list(chart.categories), y_label=cut(chart.unit, limits.CHART_AXIS) or None)
    series = [
        DataSeries(name, [DataPoint(*pair) for pair in zip(chart.categories, map(rounded, values), strict=True)])
        for name, values in chart.series.items()
    ]
    drawn = BarChart(series, axis) if chart.kind == "bar" else LineChart(series, axis)
    return DataVisualizationBlock(cut(chart.title, limits.CHART_TITLE), drawn)


def rounded(value: float) -> float:
    return round(value, 3 if abs(value) < 10 else 1)


def distinct(names: Sequence[str]) -> list[str]:
    """Return names as short as Slack wants them, their ends kept, as those tell replicas apart.

    >>> distinct(["a-very-long-name-of-an-app-1", "a-very-long-name-of-an-app-2", "web", "web"])
    ['…ng-name-of-an-app-1', '…ng-name-of-an-app-2', 'web', 'web~2']
    """
    found: list[str] = []
    for name in names:
        short, number = ended(name, limits.CHART_LABEL), 1
        while short in found:
            number += 1
            mark = f"~{number}"
            short = f"{cut(name, limits.CHART_LABEL - len(mark))}{mark}"
        found.append(short)
    return found


def ended(name: str, most: int) -> str:
    """Return the end of a name that is too long."""
    if units(name) <= most:
        return name
    kept = name[-most:].encode("utf-16-le", "surrogatepass")[-2 * (most - 1) :]
    return f"…{kept.decode('utf-16-le', 'ignore')}"
