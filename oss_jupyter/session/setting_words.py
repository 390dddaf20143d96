"""What is told of settings: the help of each, what it takes, and what `%config` lists. Any thread.

A setting keeps its help in English, for documents; whoever asks is told in their language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any, TypeVar

from traitlets import TraitType, Union

from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.columns import wrapped
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, listed, sentences, tr
from oss_jupyter.texts.spoken import language

Trait = TypeVar("Trait", bound=TraitType[Any, Any])

_WIDTH = 76
# What traitlets says by itself.
TRAITLETS_SAYS = (
    english("a boolean"),
    english("a float"),
    english("a unicode string"),
    english("an int"),
    english("a dict"),
)
_LABELS = {
    "Choices": english("Choices: {what}"),
    "Current": english("Current: {what}"),
    "Default": english("Default: {what}"),
}
# Traitlets' words before choices.
_CHOICES = re.compile(r"any\sof\s(?=\[)")
_LABELLED = re.compile(r"    (Choices|Current|Default): (.*)", re.DOTALL)


def told(trait: Trait, *words: str, **values: object) -> Trait:
    """Return a trait as a setting with its help, in English: sentences as `tr` takes them, with what fills them."""
    trait.help = " ".join(words).format(**values)
    return trait.tag(config=True, words=words, values=values)


def told_as(trait: Trait, argument: str, *more: str) -> Trait:
    """Return the setting that counts where an argument of `upload` is left out, with the words of both."""
    return told(trait, ARGUMENTS[argument].words, *more)


def help_of(trait: Any) -> str:
    """Return the help of a setting in the reader's language."""
    values = trait.metadata.get("values", {})
    return sentences(*(tr(one, **values) for one in trait.metadata.get("words", ())))


def wanted(trait: Any) -> str:
    """Return what a trait takes, with the bounds that `info` of traitlets leaves out."""
    if isinstance(trait, Union):
        first, second = map(wanted, trait.trait_types)
        return tr("{first} or {second}", first=first, second=second)
    least, most = getattr(trait, "min", None), getattr(trait, "max", None)
    kind = _kind(str(trait.info()))
    if least is None or most is None:
        return kind
    return tr("{kind} from {least} to {most}", kind=kind, least=least, most=most)


def unknown_setting(name: str, names: Collection[str]) -> InputError:
    """Return what is said to whoever sets what is none of the settings."""
    near = get_close_matches(name, names, 1)
    advice = tr("The settings are {names}.", names=listed(sorted(names)))
    if near:
        advice = tr("Did you mean {name}? help(oj.settings()) tells all of them.", name=near[0])
    return InputError(tr("{name} is not a setting.", name=quoted(name)), advice, code="UnknownSetting")


def listed_help(said: str, trait: Any) -> str:
    """Return what traitlets lists of a setting, without its help, in the reader's language and with its help."""
    head, *lines = said.split("\n")
    return "\n".join((head, *(f"    {line}" for line in wrapped(help_of(trait), _WIDTH)), *_labelled(lines)))


def speaks_english() -> bool:
    """Whether traitlets may tell by itself."""
    return language() == "en"


def _kind(said: str) -> str:
    _, bracket, choices = said.partition("[")
    return tr("any of {choices}", choices=bracket + choices) if bracket else tr(said)


def _labelled(lines: list[str]) -> Iterator[str]:
    for line in lines:
        found = _LABELLED.fullmatch(line)
        yield f"    {tr(_LABELS[found[1]], what=_CHOICES.sub('', found[2]))}" if found else line
