"""The settings of JupyterLab's Settings Editor, in the kernel that uploads for JupyterLab."""

from __future__ import annotations

from traitlets import TraitError

from oss_jupyter.errors import InputError
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.commands import Reply
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import sentences, tr

NAMES = ("region", "endpoint", "parallel", "limit", "language")
_VALUE_MAX = 300


class LabSettings:
    """Lays them over what the kernel is configured with, which counts again where a field is emptied.

    settings: of the kernel's session. Only the thread of the control channel comes in here.
    """

    def __init__(self, settings: OssJupyter) -> None:
        self._settings = settings
        self._own = {name: getattr(settings, name) for name in NAMES}

    def take(self, arguments: PageArguments) -> Reply:
        """Take all of them. Raises InputError about what is refused; the others count all the same."""
        refusals = [refusal for name in NAMES if (refusal := self._take_one(arguments, name))]
        if refusals:
            raise InputError(sentences(*refusals), tr("Change it in JupyterLab's settings, OSS uploads."))
        return {}

    def _take_one(self, arguments: PageArguments, name: str) -> str:
        """Return why it was refused, or nothing."""
        try:
            setattr(self._settings, name, _given(arguments, name) or self._own[name])
        except (TraitError, InputError) as error:
            setattr(self._settings, name, self._own[name])
            return str(error)
        return ""


def _given(arguments: PageArguments, name: str) -> str | int:
    if name == "parallel":
        return arguments.whole(name, 0, PARALLEL_MOST) if name in arguments else 0
    return arguments.text(name, _VALUE_MAX).strip() if arguments.has_text(name) else ""
