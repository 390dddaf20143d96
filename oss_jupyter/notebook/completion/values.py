"""What can be the value of an option, or of a word by its place, by the names that they have in Python."""

from __future__ import annotations

from argparse import Action
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.sizes import format_size
from oss_jupyter.model.states import Event, allowed
from oss_jupyter.names import printable
from oss_jupyter.notebook.completion.expected import Expected
from oss_jupyter.notebook.completion.offers import Offer
from oss_jupyter.notebook.completion.paths import paths
from oss_jupyter.notebook.completion.regions import REGIONS
from oss_jupyter.objects.find import could_be
from oss_jupyter.session.buckets import Buckets
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import name_of, state_word
from oss_jupyter.session.who_signs import profile_names
from oss_jupyter.texts import clauses, tr

_EVENTS = {"resume": Event.RESUME, "pause": Event.PAUSE, "abort": Event.ABORT}
_OF_ALL = (*_EVENTS, "wait")


class Values:
    """Knows what is in this kernel, on this computer and in OSS. variables: of the notebook. Main thread only."""

    def __init__(self, session: Session, variables: Mapping[str, Any]) -> None:
        self._session = session
        self._variables = variables
        self._buckets = Buckets(session.wiring)
        self._by_name: Mapping[str, Callable[[str, Expected], Iterator[Offer]]] = {
            "source": self._sources,
            "target": self._targets,
            "place": self._targets,
            "file": lambda text, line: iter(paths(text)),
            "id": self._ids,
            "profile": lambda text, line: (Offer(name, about) for name, about in profile_names()),
            "region": lambda text, line: (Offer(name, tr(about)) for name, about in REGIONS.items()),
            "ca_bundle": lambda text, line: iter(paths(text)),
            "checkpoint_dir": lambda text, line: iter(paths(text, folders_only=True)),
            "credentials": lambda text, line: self._named(lambda value: callable(value) or isinstance(value, tuple)),
            "writer_options": lambda text, line: self._named(lambda value: isinstance(value, dict)),
            "part_size": lambda text, line: iter([Offer("auto", tr("as the file needs it"))]),
            "parallel": lambda text, line: iter([Offer("auto", tr("as the line allows"))]),
        }

    def of(self, action: Action, text: str, line: Expected) -> list[Offer]:
        """Return what may stand where `action` is expected and `text` is typed so far."""
        choices = [str(one) for one in action.choices or ()]
        if not choices and action.dest in ARGUMENTS:
            choices = list(ARGUMENTS[action.dest].choices)
        if choices:
            found = [Offer(choice, action.dest.replace("_", " ")) for choice in choices]
        else:
            found = list(self._by_name.get(action.dest, _nothing)(text, line))
        return [offer for offer in found if offer.text.startswith(text)]

    def _sources(self, text: str, line: Expected) -> Iterator[Offer]:
        if not line.placed:
            yield from self._named(could_be)
        yield from paths(text)

    def _named(self, fits: Callable[[Any], bool]) -> Iterator[Offer]:
        """Yield the variables of the notebook that hold what fits; those of IPython's own begin with a line."""
        for name, value in sorted(self._variables.items()):
            if not name.startswith("_") and name not in ("In", "Out") and fits(value):
                yield Offer(name, type(value).__name__)

    def _targets(self, text: str, line: Expected) -> Iterator[Offer]:
        given = dict(line.given)
        if "credentials" in given:
            given["credentials"] = self._variables.get(given["credentials"])
        for one in self._buckets.below(text, given):
            about = one.about if one.size_bytes is None else format_size(one.size_bytes)
            yield Offer(one.url, about, goes_on=one.goes_on)

    def _ids(self, text: str, line: Expected) -> Iterator[Offer]:
        verb = line.placed[0] if line.placed else ""
        chosen = [one for one in self._session.manager.transfers() if _can(verb, one)]
        if verb in _OF_ALL and len(chosen) > 1:
            yield Offer("all", tr("all {number}", number=len(chosen)))
        for transfer in chosen:
            now = transfer.snapshot()
            yield Offer(transfer.id, printable(clauses(name_of(now), state_word(now))))


def _can(verb: str, transfer: Transfer) -> bool:
    if verb in _EVENTS:
        return allowed(transfer.state, _EVENTS[verb])
    return verb in ("", "show") or (verb == "wait" and transfer.state.active)


def _nothing(text: str, line: Expected) -> Iterator[Offer]:
    return iter(())
