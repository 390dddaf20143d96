"""From a stream that a user gave to a StreamSpec that the engine can carry out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.streaming.spec import StreamSpec
from oss_jupyter.errors import before_sending
from oss_jupyter.local.read_again import read_again
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.stream_spool import StreamSpool
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.options import make_options
from oss_jupyter.model.pieces import STREAM_PART_BYTES
from oss_jupyter.model.plan import Plan, make_plan
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.selection import refuse_for_files, refuse_for_one_file, refuse_to_adopt
from oss_jupyter.model.sizes import parse_size
from oss_jupyter.model.target import parse_target
from oss_jupyter.oss.late import send_part
from oss_jupyter.session.gone_stream import pieces_of
from oss_jupyter.session.stores import UNSET

if TYPE_CHECKING:
    from oss_jupyter.model.upload_arguments import UploadArguments
    from oss_jupyter.objects.streamed import Streamed
    from oss_jupyter.session.wiring import Wiring


@dataclass(frozen=True)
class StreamWiring:
    """Makes specs of streams with the means of `wiring`. Any thread may call it."""

    wiring: Wiring

    def spec(self, stream: Streamed, target: str, arguments: UploadArguments) -> StreamSpec:
        """Return a checked spec; nothing of the stream is read. Raises InputError."""
        with before_sending():
            return self._spec(stream, target, arguments)

    def _spec(self, stream: Streamed, target: str, arguments: UploadArguments) -> StreamSpec:
        wiring, given = self.wiring, arguments.given
        refuse_for_one_file(arguments, stream.text)
        refuse_for_files(arguments, stream.text)
        refuse_to_adopt(arguments, stream.text)
        goal = parse_target(target, stream.name)
        endpoint = wiring.endpoint_to_use(given)
        store = wiring.stores.at(given.get("checkpoint_dir", UNSET))
        part_size = _part_size(given.get("part_size"))
        # All streams to one object are one upload, whatever makes them: the same bytes may come from another function.
        known = transfer_id("a stream", goal, endpoint.describe())
        place, name = pieces_of(store, known)
        return StreamSpec(
            transfer_id=known,
            source=FileSource(place / name, kept=True),
            text=stream.text,
            pieces=StreamSpool(stream.chunks, stream.text, place, name, part_size),
            target=goal,
            plan=Plan(0, part_size),
            options=make_options(arguments.of_object(), goal.key, stream.name),
            control=wiring.control(endpoint, given.get("credentials"), given.get("profile")),
            store=store,
            lane=wiring.lane(None, given.get("executor")),
            clock=wiring.clock,
            policy=wiring.policy(given.get("retries")),
            send_part=send_part,
            read_again=read_again,
            place=endpoint.place(),
            host=endpoint.describe(),
            **wiring.driven(given),
            force=bool(given.get("force", False)),
            prove=Prove.NONE,
        )


def _part_size(wanted: Any) -> int:
    if wanted is None or wanted == "auto":
        return STREAM_PART_BYTES
    size = parse_size(wanted, "part_size")
    return make_plan(0, size).part_size
