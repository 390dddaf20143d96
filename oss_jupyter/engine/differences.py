"""What was asked of an upload and does not count for it: applied, or told in one note that says what to do.

The options of an object are given when its upload id is made, and some again when its parts are joined. So an upload
that goes on has those that it was begun with, all of them: no object becomes a mixture of two runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.texts import listed, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.spec import TransferSpec

# Of each request and not of the object: those of now count.
_OF_REQUESTS = ("traffic_limit", "request_payer")
# Said when the parts are joined; all others are settled when the upload id is made.
_OF_COMPLETE = ("acl", "callback", "callback_var", "forbid_overwrite")


def as_begun(begun: Mapping[str, Any], asked: ObjectOptions) -> ObjectOptions:
    """Return the options of an upload that goes on: the object's as begun, the requests' as asked now."""
    now = {name: asked.get(name) for name in _OF_REQUESTS if asked.get(name) is not None}
    return ObjectOptions({**begun, **now})


def changed_options(begun: Mapping[str, Any], part_size: int, asked: TransferSpec) -> list[str]:
    """Return the names of what is asked otherwise than an upload was begun. A part size counts if it was named."""
    now = asked.options.as_dict()
    names = [name for name in {**begun, **now} if name not in _OF_REQUESTS and begun.get(name) != now.get(name)]
    if "content_type" in names and "content_type" not in asked.given:
        names.remove("content_type")  # it was guessed
    return names + (["part_size"] if "part_size" in asked.given and asked.plan.part_size != part_size else [])


def settled_at_begin(asked: TransferSpec) -> list[str]:
    """Return the names of what is asked for and settled with the upload id, which nothing tells of another one's."""
    names = [name for name in asked.options.as_dict() if name not in (*_OF_REQUESTS, *_OF_COMPLETE)]
    return [name for name in names if name != "content_type" or name in asked.given]  # else it was guessed


def running_on(running: TransferSpec, asked: TransferSpec) -> TransferSpec:
    """Return the spec of an upload that is under way, with what can still be applied of another."""
    return replace(
        running,
        control=asked.control,
        policy=asked.policy,
        parallel=asked.parallel,
        limit=asked.limit,
        force=running.force or asked.force,
        adopt=running.adopt or asked.adopt,
        place=asked.place,
        profile=asked.profile,
        credentials_given=asked.credentials_given,
    )


def unapplied_live(running: TransferSpec, asked: TransferSpec) -> list[str]:
    """Return the names of what is asked and comes too late for an upload that is under way."""
    late = {
        "executor": asked.lane != running.lane,
        "checkpoint_dir": asked.store is not running.store,
        "prove": asked.prove is not running.prove,
    }
    names = changed_options(running.options.as_dict(), running.plan.part_size, asked)
    return names + [name for name, differs in late.items() if differs and name in asked.given]


def unapplied_there(asked: TransferSpec, told: Mapping[str, Any]) -> list[str]:
    """Return the names of the options that an object which was there already does not have, as far as HEAD tells."""
    wanted = {name: value for name, value in asked.options.as_dict().items() if name in asked.given}
    names = [name for name, value in wanted.items() if name not in (*_OF_REQUESTS, "forbid_overwrite")]
    return [name for name in names if told.get(name) != wanted[name]]


def note_live(names: Iterable[str]) -> str:
    """Return the note on an upload that is under way."""
    return tr(
        "This upload is under way as it was begun, so these do not count for it: {names}. To have them, abort it and "
        "run it again.",
        names=listed(names),
    )


def note_begun(names: Iterable[str]) -> str:
    """Return the note on an upload that goes on."""
    return tr(
        "This upload was begun with other options, which count: {names}. To have those of now, run it with "
        "force=True, which sends the whole file anew.",
        names=listed(names),
    )


def note_anew(names: Iterable[str]) -> str:
    """Return the note on an upload that begins anew for the sake of its options."""
    return tr("Begun anew, because it is forced and these are other options than before: {names}.", names=listed(names))


def note_there(names: Iterable[str]) -> str:
    """Return the note on an object that was there already."""
    return tr(
        "The object was there already, so these were not applied: {names}. To have them, run it with force=True, "
        "which sends the file again.",
        names=listed(names),
    )


def note_checkpoint(directory: object) -> str:
    """Return the note on a checkpoint that stays where it is."""
    if not directory:
        return tr("The checkpoint of this upload stays in memory; checkpoint_dir does not move it.")
    return tr(
        "The checkpoint of this upload stays in {directory}; checkpoint_dir does not move it.", directory=directory
    )
