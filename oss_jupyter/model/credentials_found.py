"""Where credentials were found and how long they last; never what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from oss_jupyter.names import printable
from oss_jupyter.texts import about, tr


@dataclass(frozen=True, repr=False)
class CredentialsFound:
    """Which credentials sign, without them.

    source: the place, like ``~/.aliyun/config.json [prod]``. mode: how that place gets them, in the words of its tool,
    like ``RamRoleArn``; "" where it just holds them. temporary: whether a session token belongs to them. ends_at: when
    that ends, in UTC; None where it does not, or nobody tells. region: the one that counts with them, "" for none.
    """

    source: str
    mode: str
    temporary: bool
    ends_at: datetime | None
    region: str

    def __repr__(self) -> str:
        return printable(tr("<credentials from {found}>", found=self))

    def __str__(self) -> str:
        mode = f" ({self.mode})" if self.mode else ""
        region = tr("; region {region}", region=self.region) if self.region else ""
        return about(f"{self.source}{mode}", f"{self.life}{region}")

    @property
    def life(self) -> str:
        """How long they last, in words."""
        if not self.temporary:
            return tr("an access key, which does not end by itself")
        if self.ends_at is None:
            return tr("temporary, and nobody tells until when")
        until = self.ends_at.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
        return tr("temporary, good until {until}", until=until)
