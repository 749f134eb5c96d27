"""Formats a report's figures and costs as lines for a terminal."""

from __future__ import annotations

from engine.evaluation.bootstrap import Estimate
from engine.evaluation.costs import named_costs
from engine.evaluation.report import Report
from engine.evaluation.scoring import UNITS


def figures_text(report: Report) -> str:
    """Return the figures: one line per group, or one line per metric if there is one group."""
    figures = report.figures()
    rows = []
    if len(figures) == 1:
        ((_, row),) = figures.items()
        rows = [f"{metric:<20} {_plain(figure)}" for metric, figure in row.items()]
    else:
        for group, row in figures.items():
            inside = sum(group in item.groups for item in report.items)
            shown = "  ".join(f"{name} {_plain(figure)}" for name, figure in row.items())
            rows.append(f"{group:<8} {inside:>4} {UNITS[report.task]}  {shown}")
    return "\n".join(rows) + "\n"


def costs_text(report: Report) -> str:
    """Return the costs in one line."""
    unit = UNITS[report.task].rstrip("s")
    return "  ".join(f"{name} {value}" for name, value in named_costs(report.costs, unit)) + "\n"


def _plain(figure: Estimate) -> str:
    value = f"{figure.value:.3f}"
    return value if figure.low is None else f"{value} [{figure.low:.2f}, {figure.high:.2f}]"
