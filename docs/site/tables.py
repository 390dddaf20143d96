"""The reference, made of the code: tables of arguments and settings, and docstrings as lists.

A Sphinx extension with two directives, `argument-tables` and `setting-table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from oss_jupyter.model.arguments import ARGUMENTS, GROUPS, Argument
from oss_jupyter.session.settings import OssJupyter

# How docstrings of ours describe what something takes or has: `name: text`, or `name(...): text`.
_DESCRIBED = re.compile(r"([a-z_]\w*(?:\([^)]*\))?): (?=\S)")
_ANOTHER = re.compile(r"(?<=[.;]) (?=[a-z_]\w*(?:\([^)]*\))?: \S)")  # on the same line as the one before
Rows = Iterable[tuple[str, ...]]


class ArgumentTables(SphinxDirective):
    """The arguments of `upload`, a table for each group."""

    def run(self) -> list[nodes.Node]:
        """Return a heading and a table for each group."""
        return self.parse_text_to_nodes("\n\n".join(map(_group, GROUPS)), allow_section_headings=True)


class SettingTable(SphinxDirective):
    """The settings: name, default, and what each is."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        traits = sorted(OssJupyter().traits(config=True).items())
        rows = ((f"`{name}`", f"`{trait.default()!r}`", str(trait.help)) for name, trait in traits)
        return self.parse_text_to_nodes(_table(("setting", "default", "what it is"), rows))


def setup(app: Any) -> dict[str, bool]:
    """Make the directives known; Sphinx calls it."""
    app.add_directive("argument-tables", ArgumentTables)
    app.add_directive("setting-table", SettingTable)
    app.connect("autodoc-process-docstring", _as_page)
    return {"parallel_read_safe": True}


def _as_page(app: Any, kind: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Show a docstring as a page does: what is described in lists, and no arguments twice."""
    first_group = f"{next(iter(GROUPS)).capitalize()}:"
    if first_group in lines:  # the page has tables of them
        del lines[lines.index(first_group) :]
    lines[:] = _listed(lines)


def _listed(lines: list[str]) -> Iterator[str]:
    inside = False
    for line in (piece for given in lines for piece in _ANOTHER.split(given)):
        found = _DESCRIBED.match(line)
        if found:
            if not inside:
                yield ""
            yield f"* ``{found[1]}``: {line[found.end() :]}"
        else:
            yield f"  {line.strip()}" if inside and line else line
        inside = bool(found) or (inside and bool(line))


def _group(group: str) -> str:
    those = [one for one in ARGUMENTS.values() if one.group == group]
    rows = ((f"`{one.name}`", _types(one), one.python or one.words) for one in those)
    return f"### {group.capitalize()}\n\n{_table(('argument', 'type', 'what it is'), rows)}"


def _types(one: Argument) -> str:
    kinds = " or ".join(f"`{kind}`" for kind in one.types)
    return f"{kinds}, in {one.unit}" if one.unit else kinds


def _table(header: tuple[str, ...], rows: Rows) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
