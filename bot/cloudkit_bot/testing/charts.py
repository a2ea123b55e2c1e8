"""Charts, as Slack takes them and as its clients draw them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from cloudkit_bot import limits
from cloudkit_bot.testing.checks import Fields, Typed, many, number, string, wrong

__all__ = ["CHART", "charted", "drawing"]

WIDTH, HEIGHT, EDGE = 640, 180, 40
COLOURS = ("#1264a3", "#2bac76", "#e01e5a", "#ecb22e", "#611f69", "#36c5f0", "#8c564b", "#7f7f7f")
Block = Mapping[str, Any]
POINT = Fields({"label": string(limits.CHART_LABEL, least=1), "value": number(-1e300, 1e300)}, ("label", "value"))
SERIES = Fields(
    {"name": string(limits.CHART_LABEL, least=1), "data": many(POINT, limits.CHART_POINTS)}, ("name", "data")
)
AXIS = Fields(
    {
        "categories": many(string(limits.CHART_LABEL, least=1), limits.CHART_POINTS),
        "x_label": string(limits.CHART_AXIS),
        "y_label": string(limits.CHART_AXIS),
    },
    ("categories",),
)
CHART = Typed(
    {
        kind: Fields({"series": many(SERIES, limits.CHART_SERIES), "axis_config": AXIS}, ("series", "axis_config"))
        for kind in ("area", "bar", "line")
    }
)


def charted(block: Any, where: str) -> None:  # noqa: ANN401 # JSON
    """The series of a chart have names of their own, and a point for each of its categories."""
    chart = block["chart"]
    names = [series["name"] for series in chart["series"]]
    if len(set(names)) < len(names):
        raise wrong(where, "series must have unique names")
    categories = chart["axis_config"]["categories"]
    if len(set(categories)) < len(categories):
        raise wrong(where, "categories must be unique")
    for series in chart["series"]:
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            raise wrong(where, "each series needs a point for each category")


def drawing(block: Block) -> str:
    """Return a chart as SVG within HTML."""
    chart = block["chart"]
    highest = max([1e-9, *(point["value"] for series in chart["series"] for point in series["data"])])
    draw = bars if chart["type"] == "bar" else lines
    shapes = "".join(draw(chart, highest))
    unit = chart["axis_config"].get("y_label") or ""
    title = f"<b>{escape(block['title'])}</b> <small>{escape(unit)}</small>"
    svg = f"<svg viewBox='0 0 {WIDTH} {HEIGHT + EDGE}'>{shapes}{''.join(scale(chart, highest))}</svg>"
    return f"<div class=chart>{title}{svg}<div class=legend>{''.join(legend(chart))}</div></div>"


def lines(chart: Block, highest: float) -> Iterator[str]:
    for index, series in enumerate(chart["series"]):
        points = [(middle(chart, at), level(point["value"], highest)) for at, point in enumerate(series["data"])]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f"<polyline fill=none stroke-width=2 stroke='{colour(index)}' points='{path}'/>"
        yield "".join(f"<circle r=3 cx={x:.1f} cy={y:.1f} fill='{colour(index)}'/>" for x, y in points)


def bars(chart: Block, highest: float) -> Iterator[str]:
    thick = 0.7 * (WIDTH - EDGE) / len(chart["axis_config"]["categories"]) / len(chart["series"])
    thick = min(thick, 60.0)
    for index, series in enumerate(chart["series"]):
        for at, point in enumerate(series["data"]):
            x = middle(chart, at) + (index - len(chart["series"]) / 2) * thick
            y = level(point["value"], highest)
            yield f"<rect x={x:.1f} y={y:.1f} width={thick:.1f} height={HEIGHT - y:.1f} fill='{colour(index)}'/>"


def scale(chart: Block, highest: float) -> Iterator[str]:
    yield f"<line x1={EDGE} y1={HEIGHT} x2={WIDTH} y2={HEIGHT} stroke='#bbb'/>"
    for part in (0.0, 0.5, 1.0):
        yield f"<text x=0 y={level(highest * part, highest) + 4:.1f}>{highest * part:.4g}</text>"
    for at, name in enumerate(chart["axis_config"]["categories"]):
        yield f"<text text-anchor=middle x={middle(chart, at):.1f} y={HEIGHT + 18}>{escape(name)}</text>"


def legend(chart: Block) -> Iterator[str]:
    for index, series in enumerate(chart["series"]):
        yield f"<span><i style='background:{colour(index)}'></i>{escape(series['name'])}</span>"


def colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def middle(chart: Block, at: int) -> float:
    return EDGE + (at + 0.5) * (WIDTH - EDGE) / len(chart["axis_config"]["categories"])


def level(value: float, highest: float) -> float:
    return HEIGHT - (HEIGHT - 12) * max(0.0, value) / highest
