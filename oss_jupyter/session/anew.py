"""What is given anew when uploads are resumed or aborted."""

from __future__ import annotations

from typing import cast

from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import AnewOptions
from oss_jupyter.texts import tr


def given_anew(anew: AnewOptions) -> AnewOptions:
    """Return what is given."""
    return cast("AnewOptions", {name: value for name, value in anew.items() if value is not None})


def refuse_for_all(anew: AnewOptions) -> None:
    """Raise InputError where something is given for all uploads that belongs to one."""
    if not set(anew) <= {"credentials", "profile"}:
        raise InputError(
            tr("An endpoint, a region or certificates belong to one upload each."), tr("Write its id in place of all.")
        )
