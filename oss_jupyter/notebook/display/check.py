"""What a check has found, as plain HTML: a line for each thing, and red where it stands in the way."""

from __future__ import annotations

from html import escape

from oss_jupyter.model.finding import Check, Finding, Standing
from oss_jupyter.notebook.display.html import lines_html

# Mixed with the page's own colour of text, so that they are readable on light and on dark pages; the word says the same
# for who sees no colours.
_COLOURS = {Standing.WRONG: "#e53935", Standing.WARNING: "#e08600", Standing.FINE: "#2fa03a", Standing.UNKNOWN: "gray"}
_SPACE = "srgb"
_CELL = "text-align:left;vertical-align:top"
_WHOLE = "white-space:nowrap"  # a Chinese word may break anywhere


def check_html(check: Check) -> str:
    """Return it as a notebook shows it."""
    return f"{lines_html([check.heading])}<table>{''.join(map(_row, check.findings))}</table>"


def _row(finding: Finding) -> str:
    base = _COLOURS[finding.standing]
    colour = f"color:{base};color:color-mix(in {_SPACE}, {base} 60%, currentcolor);font-weight:bold;{_WHOLE}"
    advice = f"<br>{escape(finding.advice)}" if finding.advice else ""
    cells = (
        (_WHOLE, escape(finding.title)),
        (colour, escape(finding.standing.word)),
        ("", f"{escape(finding.text)}{advice}"),
    )
    return "<tr>" + "".join(f'<td style="{_CELL};{style}">{html}</td>' for style, html in cells) + "</tr>"
