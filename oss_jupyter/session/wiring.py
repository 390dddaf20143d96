"""From what a user wrote to a TransferSpec the engine can carry out: the only place where all rooms meet."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

from oss_jupyter.engine.executor_lane import ExecutorLane, check_executor
from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.helper_process import helper_possible
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.ports import CheckpointStore, Clock, Control, Lane, StreamingLane
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import OssJupyterError, before_sending
from oss_jupyter.local.found import Found
from oss_jupyter.local.found_dataset import FoundDataset
from oss_jupyter.local.read_again import read_again
from oss_jupyter.local.sendable import sendable
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.spool import kept_source
from oss_jupyter.model.arguments import PLACE_NAMES, AnewOptions, UploadOptions
from oss_jupyter.model.given import whole, word
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.options import ALIASES, ObjectOptions, make_options
from oss_jupyter.model.parallel import parse_parallel
from oss_jupyter.model.plan import Plan, auto_part_size, make_plan
from oss_jupyter.model.prove import parse_prove
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.selection import refuse_for_files, refuse_for_one_file
from oss_jupyter.model.sizes import MIB, SPEED_MIN, parse_limit, parse_size
from oss_jupyter.model.target import Target, parse_target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.endpoint import EndpointSettings, host_of, is_loopback, is_standard
from oss_jupyter.oss.late import get_ready, load_sdk, send_part
from oss_jupyter.oss.ossutil_config import OssutilConfig
from oss_jupyter.oss.precedence import Place, choose
from oss_jupyter.oss.profiles import places_of_profile
from oss_jupyter.session.controls import Controls
from oss_jupyter.session.gone_stream import gone_stream
from oss_jupyter.session.kept_spec import Hindered, KeptSpec
from oss_jupyter.session.sandbox_process import sandbox_credentials
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.stores import UNSET, Stores
from oss_jupyter.texts import tr

# Below this the helper's start (0.2 s of another core) is not worth it: the bytes are gone before they could disturb.
HELPER_FROM_BYTES = 32 * MIB

# More than a part could be tried in years.
_RETRIES_MOST = 1_000_000


@dataclass
class Wiring:
    """Makes orders from arguments and settings. Any thread may call it: it keeps hosts."""

    settings: OssJupyter
    clock: Clock = time
    known_speed: Callable[[str], float | None] = lambda host: None
    spell: Callable[[str], str] = str
    threads: ThreadLane = field(default_factory=ThreadLane)
    _helper: HelperLane | None = None
    _used_hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stores = Stores(self.settings)
        self._controls = Controls(lambda: self.clock.time())

    def spec(self, source: str | os.PathLike[str], target: str, arguments: UploadArguments) -> TransferSpec:
        """Return a checked spec. Raises InputError or SourceError, before anything is sent."""
        with before_sending():
            return self._spec(source, target, arguments)

    def _spec(self, source: str | os.PathLike[str], target: str, arguments: UploadArguments) -> TransferSpec:
        file = FileSource(sendable(source))
        refuse_for_files(arguments, file.path)
        size_bytes = file.check().size
        refuse_for_one_file(arguments, file.path)
        return self.spec_to(parse_target(target, file.path.name), file, size_bytes, arguments)

    def spec_to(self, goal: Target, file: FileSource, size_bytes: int, arguments: UploadArguments) -> TransferSpec:
        """Return the spec of a file, or of what will be one, to an object. Raises InputError."""
        given = arguments.given
        options = make_options(arguments.of_object(), goal.key, file.path.name)
        endpoint = self.endpoint_to_use(given)
        plan = self.plan(size_bytes, given.get("part_size"), endpoint.describe())
        return TransferSpec(
            transfer_id=transfer_id(str(file.path), goal, endpoint.describe()),
            source=file,
            target=goal,
            plan=plan,
            options=options,
            control=self.control(endpoint, given.get("credentials"), given.get("profile")),
            store=self.stores.at(given.get("checkpoint_dir", UNSET)),
            lane=self.lane(plan, given.get("executor")),
            clock=self.clock,
            policy=self.policy(given.get("retries")),
            send_part=send_part,
            read_again=read_again,
            place=endpoint.place(),
            host=endpoint.describe(),
            parallel=parse_parallel(given.get("parallel", self.settings.parallel)),
            limit=parse_limit(given.get("limit")),
            given=_named(given),
            force=given.get("force", False),
            prove=parse_prove(given.get("prove", self.settings.prove)),
            adopt=given.get("adopt"),
            profile="" if "credentials" in given else given.get("profile") or self.settings.profile or "",
            credentials_given="credentials" in given,
            wait_at_exit=bool(given.get("wait_at_exit", self.settings.wait_at_exit)),
        )

    def spec_of(self, found: Found, store: CheckpointStore, anew: AnewOptions | None = None) -> TransferSpec:
        """Return the spec that an earlier kernel began; its hindrance says why it cannot go on by itself.

        anew: arguments that are given now, in place of what the checkpoint keeps.
        """
        assert found.record is not None
        header = found.record.header
        kept = KeptSpec(found.record, anew or {}, self.machine())
        missing, make = kept.missing(), partial(self.kept_control, kept)
        spec = TransferSpec(
            transfer_id=header.transfer_id,
            source=kept_source(header),
            target=header.target,
            plan=found.record.plan,
            options=ObjectOptions() if missing else kept.options(),
            control=cast("Control", Hindered(kept.check, make)) if missing else make(),
            store=store,
            lane=self.lane(header.plan, None),
            clock=self.clock,
            policy=self.policy(None),
            send_part=send_part,
            read_again=read_again,
            place=kept.place,
            host=kept.host(),
            parallel=self.parallel(header.parallel),
            # Earlier versions took any limit, and with the lowest no upload would ever end.
            limit=header.limit and max(header.limit, SPEED_MIN),
            prove=header.prove or parse_prove(self.settings.prove),
            spooled=header.spooled,
            adopt=None,
            profile=kept.profile,
            credentials_given=kept.credentials_given,
            detached=header.detached,
            hindrance=missing or self.asks_first(found, kept),
            wait_at_exit=self.settings.wait_at_exit,
            spell=self.spell,
        )
        begun = bool(found.record.receipts)
        return gone_stream(spec, header.stream, begun=begun) if header.stream else spec

    def signed_anew(self, spec: TransferSpec, anew: AnewOptions) -> TransferSpec:
        """Return the spec with other credentials, or another profile."""
        assert isinstance(spec.control, SdkControl)
        credentials, profile = anew.get("credentials"), anew.get("profile") or ""
        return replace(
            spec,
            control=self.control(spec.control.settings, credentials, profile or None),
            profile="" if credentials is not None else profile,
            credentials_given=credentials is not None,
        )

    def kept_control(self, kept: KeptSpec) -> SdkControl:
        kept.check_reachable()
        return self.control(kept.endpoint(), kept.anew.get("credentials"), kept.profile or None, kept.needed())

    def asks_first(self, found: Found | FoundDataset, kept: KeptSpec) -> OssJupyterError | None:
        if found.exposed:
            directory = found.path.parent
            return kept.asks_first(tr("Others can write its checkpoint, or the directory {path}.", path=directory))
        if not self._is_the_users(kept.host()):
            return kept.asks_first(tr("Its endpoint {host} is none of your settings.", host=kept.host()))
        return None

    def _is_the_users(self, host: str) -> bool:
        """Whether this user's settings, environment or profiles lead to a host, or it is OSS's own or this computer."""
        if is_standard(host) or is_loopback(host):
            return True
        named = (self.settings.endpoint, os.environ.get("OSS_ENDPOINT"), *OssutilConfig().endpoints())
        return host in self._used_hosts or host in {host_of(endpoint) for endpoint in named if endpoint}

    def plan(self, size: int, part_size: Any, host: str) -> Plan:
        wanted: Any = self.settings.part_size if part_size is None else part_size
        if word(wanted) == "auto":
            return make_plan(size, default_part_size=auto_part_size(size, self.known_speed(host)))
        if part_size is None:  # a setting is meant for all files, so it gives way to one that needs larger parts
            return make_plan(size, default_part_size=parse_size(wanted, "part_size"))
        return make_plan(size, parse_size(part_size, "part_size"))

    def lane(self, plan: Plan | None, executor: Any) -> Lane:
        if executor is not None:
            check_executor(executor)
            return ExecutorLane(executor)
        choice = self.settings.helper
        if plan is not None and choice == "auto" and plan.size < HELPER_FROM_BYTES:
            return self.threads
        return self.streaming_lane()

    def warm_up(self) -> None:
        """Start the helper, so that it is there when an upload comes. It gets ready by itself."""
        self.streaming_lane().start()

    def load_ahead(self) -> None:
        """Load what the first upload needs, before a busy cell makes each step of that wait for the interpreter."""
        load_sdk()

    def cool_down(self) -> None:
        """Let an idle helper go where the settings want none any more."""
        if self.settings.helper == "never" and self._helper is not None:
            self._helper.rest()

    def painted(self) -> None:
        """Note that a page shows uploads and is drawn now."""
        if self._helper is not None:
            self._helper.painted()

    def streaming_lane(self) -> StreamingLane:
        """Return the helper, or threads where there is none; for datasets, whatever their size."""
        if self.settings.helper == "never" or not helper_possible():
            return self.threads
        if self._helper is None:
            ca_bundle = self.settings.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE", "")
            self._helper = HelperLane(self.threads, preload=partial(get_ready, ca_bundle))
        return self._helper

    def driven(self, given: UploadOptions) -> dict[str, Any]:
        """Return how an upload is driven, as fields of a JobSpec."""
        return {
            "parallel": self.parallel(given.get("parallel")),
            "limit": parse_limit(given.get("limit")),
            "given": _named(given),
            "profile": "" if "credentials" in given else given.get("profile") or self.settings.profile or "",
            "credentials_given": "credentials" in given,
            "wait_at_exit": bool(given.get("wait_at_exit", self.settings.wait_at_exit)),
        }

    def parallel(self, wanted: Any) -> int | None:
        """Return how many connections an upload has, None to follow the line."""
        return parse_parallel(self.settings.parallel if wanted is None else wanted)

    def machine(self) -> dict[str, Any]:
        """Return what of the way to the service is of this computer, and in no checkpoint."""
        return {"proxy": self.settings.proxy, **self._patience()}

    def endpoint(self, given: UploadOptions) -> EndpointSettings:
        values: dict[str, Any] = {name: given.get(name, getattr(self.settings, name)) for name in PLACE_NAMES}
        values |= choose(self._places(given))
        return EndpointSettings(**values, **self._patience())

    def endpoint_to_use(self, given: UploadOptions) -> EndpointSettings:
        """Return the endpoint of an upload that begins now: from here on its host is known to be the user's."""
        endpoint = self.endpoint(given)
        self._used_hosts.add(endpoint.describe())
        return endpoint

    def _places(self, given: UploadOptions) -> tuple[Place, ...]:
        """Return where region and host can be named, the first to be asked first."""
        settings = {name: getattr(self.settings, name) or None for name in PLACE_NAMES}
        environment = {name: os.environ.get(f"OSS_{name.upper()}") for name in ("region", "endpoint")}
        return (
            Place(tr("arguments"), given),
            Place(tr("settings"), settings, "OssJupyter.{name} = {value!r}"),
            Place(tr("environment"), environment, "OSS_{NAME}={value}"),
            *places_of_profile(given.get("profile") or self.settings.profile),
        )

    def _patience(self) -> dict[str, Any]:
        return {name: getattr(self.settings, name) for name in ("connect_timeout_seconds", "stall_seconds")}

    def control(
        self, endpoint: EndpointSettings, credentials: Any, profile: str | None, needed: str = ""
    ) -> SdkControl:
        profile = profile or self.settings.profile
        if credentials is None and profile is None:
            credentials = sandbox_credentials(endpoint.url)
        return self._controls.get(endpoint, credentials, profile, needed)

    def control_at(self, given: UploadOptions) -> SdkControl:
        """Return what asks where arguments and settings lead. Raises InputError."""
        return self.control(self.endpoint(given), given.get("credentials"), given.get("profile"))

    def policy(self, retries: int | None) -> RetryPolicy:
        count = self.settings.retries if retries is None else whole(retries, "retries", 0, _RETRIES_MOST)
        return RetryPolicy(attempts=1 + count)


def _named(given: UploadOptions) -> frozenset[str]:
    """Return the names of what was asked for in so many words."""
    return frozenset(ALIASES.get(name, name) for name, value in given.items() if word(value) != "auto")
