"""What a check has found, as plain HTML: a line for each thing, and red where it stands in the way."""

from __future__ import annotations

from html import escape

from oss_jupyter.model.finding import Check, Finding, Standing
from oss_jupyter.notebook.display.html import lines_html

# Readable on light and on dark pages; the word says the same for who sees no colours.
_COLOURS = {Standing.WRONG: "#d32f2f", Standing.WARNING: "#b26a00", Standing.FINE: "#2e7d32", Standing.UNKNOWN: "gray"}
_CELL = "text-align:left;vertical-align:top"


def check_html(check: Check) -> str:
    """Return it as a notebook shows it."""
    return f"{lines_html([check.heading])}<table>{''.join(map(_row, check.findings))}</table>"


def _row(finding: Finding) -> str:
    colour = f"color:{_COLOURS[finding.standing]};font-weight:bold"
    advice = f"<br>{escape(finding.advice)}" if finding.advice else ""
    cells = (
        ("", escape(finding.name)),
        (colour, escape(str(finding.standing))),
        ("", f"{escape(finding.text)}{advice}"),
    )
    return "<tr>" + "".join(f'<td style="{_CELL};{style}">{html}</td>' for style, html in cells) + "</tr>"
