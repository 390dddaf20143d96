"""The rules of axe-core, on a piece of a page: names, roles, contrast, as far as a machine can judge them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

# JupyterLab's body has no height, and hides what flows over: axe-core takes everything in it for hidden, and judges no
# contrast. One that judged no colour at all has seen nothing.
_RUN = """async (element) => {
    document.body.style.minHeight = '100vh';
    const found = await axe.run(element);
    document.body.style.minHeight = '';
    const judged = [...found.passes, ...found.violations].filter((rule) => rule.id === 'color-contrast');
    const nodes = judged.flatMap((rule) => rule.nodes);
    if (!nodes.some((node) => node.any.some((check) => check.data?.contrastRatio))) return ['no contrast was judged'];
    const told = (rule, node) => `${rule.id}: ${node.failureSummary} ${node.html}`;
    return found.violations.flatMap((rule) => rule.nodes.map((node) => told(rule, node)));
}"""


def violations(element: Locator) -> list[str]:
    """Return what the rules find wrong with an element and all in it: the rule, why, and where."""
    page = element.page
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    element.scroll_into_view_if_needed()
    return list(element.evaluate(_RUN))


@cache
def _script() -> str:
    # The package's own functions look at whole pages only.
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
