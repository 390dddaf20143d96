"""What JupyterLab's panel asks of the kernel that serves it: how its desk is, and what buttons ask of any kernel."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.notebook.panel.answers import ALL, ONE
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.background_commands import BackgroundCommands
from oss_jupyter.notebook.panel.common.commands import Commands, Handler, Reply
from oss_jupyter.notebook.panel.desk.lab_settings import LabSettings
from oss_jupyter.notebook.panel.desk.pulled import PulledDesk
from oss_jupyter.notebook.panel.desk.targets import Targets
from oss_jupyter.notebook.panel.idle import Idle
from oss_jupyter.notebook.panel.lab_desk import LabDesk
from oss_jupyter.notebook.panel.neighbours import hand_on
from oss_jupyter.notebook.panel.server import PanelServer
from oss_jupyter.session.buckets import Buckets
from oss_jupyter.session.neighbours.asking import KernelGone
from oss_jupyter.texts import tr


def serve_desk(on: PanelServer, shown: LabDesk, pulled: PulledDesk) -> None:
    """Let the panel ask how the desk is and what a target may be, and tell JupyterLab's settings.

    The kernel ends when nobody does for long.
    """
    targets = Targets(Buckets(shown.session.wiring, wait_seconds=0.0))
    idle = Idle(shown.session)

    def pull(arguments: PageArguments) -> Reply:
        if arguments.flag("shown"):
            idle.somebody_looks()
        on.painter.add(shown)
        return {"desk": pulled.pull(), "over": idle.over}

    def answer_targets(arguments: PageArguments) -> Reply:
        idle.somebody_looks()
        return targets.answer(arguments)

    on.commands.add("pull", pull, repeatable=True)
    on.commands.add("targets", answer_targets, repeatable=True)
    on.commands.add("configure", LabSettings(shown.session.settings).take)
    with suppress(OssJupyterError):  # no thread to be had: it stays
        idle.watch()
    HandedOn(shown).add_to(on.commands)
    on.serve_lab(shown)


class HandedOn:
    """Commands about uploads of other kernels, which are asked for them beside the control channel."""

    def __init__(self, desk: LabDesk) -> None:
        self._desk = desk
        self._background = BackgroundCommands()

    def add_to(self, commands: Commands) -> None:
        """Let commands that are known reach other kernels as well."""
        for name in ONE:
            commands.around(name, partial(self._about_one, name))
        for name in ALL:
            commands.around(name, partial(self._about_all, name))

    def _about_one(self, name: str, here: Handler) -> Handler:
        there = self._background.wrap(partial(self._ask_one, name), once=True)

        def handle(arguments: PageArguments) -> Reply:
            if "later" in arguments:
                return (there if self._background.knows(arguments.text("later")) else here)(arguments)
            elsewhere = "transfer" in arguments and self._desk.place_of(arguments.text("transfer")) is not None
            return (there if elsewhere else here)(arguments)

        return handle

    def _ask_one(self, name: str, arguments: PageArguments) -> Reply:
        place = self._desk.place_of(arguments.text("transfer"))
        if place is None:
            raise KernelGone(tr("The kernel that had this upload has ended."), tr("It is in the list as it was left."))
        reply = hand_on(place, name, arguments.without("widget"))
        self._desk.hurry()
        return reply

    def _about_all(self, name: str, here: Handler) -> Handler:
        there = self._background.wrap(partial(self._ask_all, name))

        def handle(arguments: PageArguments) -> Reply:
            if "later" in arguments:
                return there(arguments)
            reply = here(arguments)
            # Who presses it has waited long enough: what others do is seen when they have done it.
            return reply if "transfer" in arguments else {**reply, **there(arguments)}

        return handle

    def _ask_all(self, name: str, arguments: PageArguments) -> Reply:
        for place in self._desk.neighbours.all_places():
            with suppress(KernelGone):  # what is its is on the disk
                hand_on(place, name, arguments.without("widget"))
        self._desk.hurry()
        return {}
