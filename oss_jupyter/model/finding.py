"""What a look at the way to a bucket has found: a line for each thing, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from oss_jupyter.model.columns import columns
from oss_jupyter.model.sizes import count
from oss_jupyter.names import printable
from oss_jupyter.texts import about, bracketed, clauses, english, sentences, tr


class Standing(Enum):
    """How a thing stands: as it should; worth knowing; in the way of an upload; or nobody knows."""

    FINE = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value

    @property
    def word(self) -> str:
        """What people are told."""
        return tr(_STANDINGS[self])


_STANDINGS = {
    Standing.FINE: english("ok"),
    Standing.WARNING: english("warning"),
    Standing.WRONG: english("wrong"),
    Standing.UNKNOWN: english("unknown"),
}


@dataclass(frozen=True)
class Finding:
    """One line. name: of the thing, in a word or two. text: how it is, in a sentence. advice: what to do, or ""."""

    name: str
    standing: Standing
    text: str
    advice: str = ""

    def __str__(self) -> str:
        return sentences(self.text, self.advice)

    @property
    def title(self) -> str:
        """The name as people are told it."""
        return tr(self.name)

    def to_dict(self) -> dict[str, str]:
        """Return it ready for JSON."""
        return {"name": self.name, "standing": str(self.standing), "text": self.text, "advice": self.advice}


def fine(name: str, text: str, advice: str = "") -> Finding:
    """Return a finding that nothing has to be done about."""
    return Finding(name, Standing.FINE, printable(text), printable(advice))


def warning(name: str, text: str, advice: str) -> Finding:
    """Return a finding that an upload can live with."""
    return Finding(name, Standing.WARNING, printable(text), printable(advice))


def wrong(name: str, text: str, advice: str) -> Finding:
    """Return a finding that stands in the way."""
    return Finding(name, Standing.WRONG, printable(text), printable(advice))


def unknown(name: str, text: str, advice: str = "") -> Finding:
    """Return that something could not be found out."""
    return Finding(name, Standing.UNKNOWN, printable(text), printable(advice))


@dataclass(frozen=True)
class Check:
    """All findings, in the order in which an upload would meet them. about: what was looked at; seconds: how long."""

    about: str
    findings: tuple[Finding, ...]
    seconds: float

    def spelled(self, spell: Callable[[str], str]) -> Check:
        """Return it with arguments as `spell` writes them."""
        findings = (replace(one, text=spell(one.text), advice=spell(one.advice)) for one in self.findings)
        return replace(self, findings=tuple(findings))

    @property
    def ok(self) -> bool:
        """Whether nothing was found that stands in the way of an upload."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What stands in the way."""
        return tuple(one for one in self.findings if one.standing is Standing.WRONG)

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of that name. Raises KeyError."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def _by_name(self) -> Mapping[str, Finding]:
        return {one.name: one for one in self.findings}

    def to_dict(self) -> dict[str, Any]:
        """Return all of it ready for JSON."""
        findings = [one.to_dict() for one in self.findings]
        return {"about": self.about, "ok": self.ok, "seconds": round(self.seconds, 2), "findings": findings}

    def __str__(self) -> str:
        """Return it as a terminal shows it."""
        return f"{self.heading}\n{columns([row[:3] for row in self.rows()])}"

    def __repr__(self) -> str:
        return f"<Check {self.heading}>"

    @property
    def heading(self) -> str:
        """What was looked at, and how it stands as a whole."""
        said = {one: sum(finding.standing is one for finding in self.findings) for one in Standing}
        named = [tr("{number} wrong", number=said[Standing.WRONG])] if said[Standing.WRONG] else []
        named += [count(said[Standing.WARNING], "warning")] if said[Standing.WARNING] else []
        named += [tr("{number} unknown", number=said[Standing.UNKNOWN])] if said[Standing.UNKNOWN] else []
        said_of_all = clauses(*named) or tr("all is well")
        return printable(bracketed(about(self.about, said_of_all), f"{self.seconds:.1f} s"))

    def rows(self) -> list[tuple[str, str, str]]:
        """Return name, standing and words of each, for people."""
        return [(one.title, one.standing.word, str(one)) for one in self.findings]
