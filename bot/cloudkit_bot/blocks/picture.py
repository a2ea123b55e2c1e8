"""Charts as a picture, for clients that do not draw them.

It is drawn by matplotlib's own objects, without its ``pyplot``, which keeps figures in one place for all threads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from cloudkit_bot.blocks.chart import Chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["picture"]

WIDTH, HEIGHT = 7.2, 2.6  # inches of one chart
BAR = 0.26  # inches of one bar
DOTS = 110  # in an inch
NAMED = 14  # lines that a legend tells apart
_STRANGE = re.compile("[^ -~\u00a1-\u00ac\u00ae-\u024f\u2026]")  # beyond Latin letters


def picture(charts: Sequence[Chart]) -> bytes:
    """Return charts below each other, as a PNG.

    Args:
        charts: What is drawn; at least one.
    """
    from matplotlib.figure import Figure

    heights = [max(HEIGHT, BAR * len(chart.categories) if chart.kind == "bar" else HEIGHT) for chart in charts]
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=DOTS, layout="constrained")
    rows = figure.subplots(len(charts), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
    for chart, (axes,) in zip(charts, rows, strict=True):
        draw_bars(chart, axes) if chart.kind == "bar" else draw_lines(chart, axes)
    written = BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def draw_bars(chart: Chart, axes: Axes) -> None:
    """Draw bars from top to bottom, each with its name in full."""
    places = range(len(chart.categories))
    thick = 0.8 / len(chart.series)
    for index, (name, values) in enumerate(chart.series.items()):
        axes.barh([place + index * thick for place in places], values, height=thick, label=literal(name))
    axes.set_yticks([place + thick * (len(chart.series) - 1) / 2 for place in places], names(chart.categories))
    axes.invert_yaxis()
    axes.set_xlabel(literal(chart.unit))
    finish(chart, axes)


def draw_lines(chart: Chart, axes: Axes) -> None:
    """Draw lines from left to right."""
    for name, values in chart.series.items():
        axes.plot(range(len(values)), values, label=literal(name), linewidth=1.6, marker=".")
    axes.set_xticks(range(len(chart.categories)), names(chart.categories), rotation=30, ha="right")
    axes.set_ylabel(literal(chart.unit))
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    finish(chart, axes)


def finish(chart: Chart, axes: Axes) -> None:
    axes.set_title(literal(chart.title), loc="left", fontsize=10, fontweight="bold")
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if 1 < len(chart.series) <= NAMED:
        axes.legend(fontsize=8, frameon=False)


def names(given: Sequence[str]) -> list[str]:
    return [literal(one) for one in given]


def literal(text: str) -> str:
    r"""Return a text of others as it is: between two dollars matplotlib would read a formula.

    What its font has no sign for is a question mark.

    >>> literal("costs $1 \u0656")
    'costs \\$1 ?'
    """
    text = _STRANGE.sub("?", text)
    return text.replace("\\", "\\\\").replace("$", "\\$") if "$" in text else text
