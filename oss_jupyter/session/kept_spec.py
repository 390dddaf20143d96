"""How an upload that an earlier kernel left is carried on: what is kept, what is given anew, what is missing.

Much can have changed since: a certificate file was renamed, a profile is gone, an option is not known any more. Such an
upload is listed all the same, because its parts are billed, with what is missing and how to give it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oss_jupyter.engine.ports import Control
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.arguments import PLACE_NAMES, AnewOptions
from oss_jupyter.model.dataset_record import DatasetRecord
from oss_jupyter.model.options import ObjectOptions, make_options
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.model.sizes import count
from oss_jupyter.oss.endpoint import HOST_KINDS, EndpointSettings
from oss_jupyter.oss.profiles import places_of_profile
from oss_jupyter.texts import tr

# The code of an upload that only its user may resume, by its name.
ASKS_FIRST = "AsksFirst"
# What of the control aborting needs.
_FOR_ABORTING = ("abort", "credentials_version", "explain", "remarks")
# What an endpoint that is given anew replaces.
_OF_AN_ENDPOINT = (*HOST_KINDS, "cname", "path_style", "endpoint", "insecure_http")


@dataclass(frozen=True)
class KeptSpec:
    """A checkpoint's record with the arguments that are given anew. machine: proxy and patience of today."""

    record: CheckpointRecord | DatasetRecord
    anew: AnewOptions = field(repr=False, default_factory=AnewOptions)
    machine: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def place(self) -> dict[str, Any]:
        """How the service is reached."""
        kept = dict(self.record.header.place)
        if "endpoint" in self.anew:
            kept = {name: value for name, value in kept.items() if name not in _OF_AN_ENDPOINT}
        return kept | {name: value for name, value in self.anew.items() if name in PLACE_NAMES}

    @property
    def profile(self) -> str:
        """The profile that signs, where one is named; credentials given anew replace it."""
        if "credentials" in self.anew:
            return ""
        return str(self.anew.get("profile", self.record.header.profile))

    @property
    def credentials_given(self) -> bool:
        """Whether it was begun, or goes on, with credentials given in Python."""
        return "credentials" in self.anew or ("profile" not in self.anew and self.record.header.credentials_given)

    def endpoint(self) -> EndpointSettings:
        """Return how the service is reached. Raises InputError."""
        return EndpointSettings.from_place(self.place, **self.machine)

    def host(self) -> str:
        """Return the service's host, or nothing where it cannot be told."""
        try:
            return self._without_certificates().describe()
        except InputError:
            return ""

    def options(self) -> ObjectOptions:
        """Return the object's options. Raises InputError."""
        return make_options(self.record.header.options, self.record.header.target.key)

    def check_reachable(self) -> None:
        """Raise InputError, with what to give anew, where the service cannot be reached as it is kept."""
        self._check(self._without_certificates, 'endpoint="URL", region="REGION"')
        self._check(self.endpoint, 'ca_bundle="FILE"')
        if self.profile:
            self._check(lambda: places_of_profile(self.profile), 'profile="NAME"', "credentials=VARIABLE")

    def check(self) -> None:
        """Raise InputError where the upload cannot go on as it is kept."""
        self.check_reachable()
        self._check(self.options)

    def missing(self) -> OssJupyterError | None:
        """Return why the upload cannot go on as it is kept, or None."""
        try:
            self.check()
        except OssJupyterError as error:
            return error
        return None

    def needed(self) -> str:
        """Return what to do where no credentials are found, if those of the beginning could not be kept."""
        if not self.credentials_given or "credentials" in self.anew:
            return ""
        return tr(
            "It was begun with credentials given in Python, which no checkpoint keeps. Give them again: "
            'oj.resume("{id}", credentials=VARIABLE)',
            id=self.record.header.transfer_id,
        )

    def asks_first(self, why: str) -> OssJupyterError:
        """Return why it is resumed only when it is named: whoever wrote its checkpoint may not be the user."""
        return OssJupyterError(
            why,
            tr(
                'If it is yours, name it: oj.resume("{id}"). If not: oj.forget("{id}")',
                id=self.record.header.transfer_id,
            ),
            safe=tr("Nothing is sent before you name it."),
            code=ASKS_FIRST,
        )

    def _without_certificates(self) -> EndpointSettings:
        place = {name: value for name, value in self.place.items() if name != "ca_bundle"}
        return EndpointSettings.from_place(place, **self.machine)

    def _check(self, attempt: Callable[[], object], *arguments: str) -> None:
        """Raise InputError where the attempt fails; `arguments` are what could be given in place of what is missing."""
        try:
            attempt()
        except OssJupyterError as error:
            raise self._missing(error, arguments) from None

    def _missing(self, error: OssJupyterError, arguments: tuple[str, ...]) -> InputError:
        parts = len(self.record.receipts) if isinstance(self.record, CheckpointRecord) else 0
        return InputError(
            tr(
                "It cannot go on with what is given now: {why}"
                if self.anew
                else "It cannot go on as it was begun: {why}",
                why=error.what,
            ),
            self._how_to_go_on(arguments),
            safe=tr("{parts} in OSS, where they are billed.", parts=count(parts, "part")) if parts else "",
            code=error.code,
        )

    def _how_to_go_on(self, arguments: tuple[str, ...]) -> str:
        known = self.record.header.transfer_id
        if not arguments:
            return tr('Give the upload up: oj.abort("{id}")', id=known)
        return tr(
            'Give it anew: {anew}. Or give the upload up with the same: oj.abort("{id}")',
            anew=tr(" or ").join(f'oj.resume("{known}", {argument})' for argument in arguments),
            id=known,
        )


class Hindered:
    """The control of an upload that cannot go on as it is kept: each request says why.

    Whether that is still so is found out each time, because what is missing may come back. Aborting needs less than
    sending: the object's options do not matter to it.
    """

    def __init__(self, check: Callable[[], None], make: Callable[[], Control]) -> None:
        self._check = check
        self._make = make

    def close(self) -> None:
        """Keep nothing open: each request has a control of its own."""

    def __getattr__(self, name: str) -> Any:
        if name not in _FOR_ABORTING:
            self._check()
        return getattr(self._make(), name)
