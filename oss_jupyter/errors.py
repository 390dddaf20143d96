"""Every exception of the project.

    OssJupyterError                     has four lines: what happened, what is safe, what to do, the code
    ├── InputError (also ValueError)    an argument, option or setting cannot work
    ├── TransferStateError              a transfer was asked for what it cannot do in the state it is in
    ├── SourceError                     the local file cannot be used
    │   ├── SourceMissing               it is not there, or is not a file
    │   ├── SourceUnreadable            it is there and may not be read
    │   └── SourceChanged               it changed while it was being sent
    ├── CheckpointError                 the checkpoint directory or a journal in it cannot be used
    │   ├── CheckpointNotWritable       no permission, or the disk is full
    │   ├── CheckpointTooNew            a later version of this package wrote it
    │   ├── CheckpointDamaged           its first line cannot be read
    │   ├── CheckpointForeign           what lies in its place is another user's, or no file
    │   └── TransferBusy                another kernel drives this transfer
    ├── CredentialsError                no credentials were found, or a provider failed
    ├── NetworkError                    no usable answer came back
    │   ├── CertificateRefused          TLS: the server's certificate is not trusted
    │   ├── NotOss                      something answered, but not like the service
    │   └── Stalled                     the connection accepted no bytes for too long
    ├── ServiceError                    the service answered with an error
    ├── IntegrityError                  a CRC-64 differs from the service's
    ├── OutcomeUnknown                  the service may have finished; it could not be asked
    ├── TransferNotFound                no transfer has this id
    ├── TransferAborted                 the result was asked of an aborted transfer
    ├── FilesFailed                     some files of a dataset could not be sent
    ├── ObjectMissing (FileNotFoundError)      there is no such object, folder or bucket
    ├── ObjectThere (FileExistsError)          there is one already
    ├── ObjectRefused (PermissionError)        the credentials do not allow it
    ├── ObjectChanged (also OSError)           another object has taken its place while it was read
    ├── PackageMissing                  what was asked for needs a package that is not installed
    ├── ExecutorFailed                  the executor that was given cannot run a part
    ├── MessageUnreadable               kernel and helper process could not read what one told the other
    ├── InterpreterEnding               Python is ending, and lets nothing begin any more
    ├── PartStopped                     a part gave way to pause or abort (internal)
    ├── Shortage                        the system has no more of something that is needed for a moment
    │   ├── TooManyFiles                too many files, sockets and pipes are open
    │   ├── NoMemory                    it has no memory to spare
    │   └── NoThread                    it refuses another thread
    └── LaneLost                        the process that ran a part has gone (internal)

All of them survive pickling, because parts may run in other processes. None holds a key, a token or a signed URL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from oss_jupyter.names import printable
from oss_jupyter.redact import without_addresses
from oss_jupyter.texts import english, tr


class OssJupyterError(Exception):
    """Something the user can understand and act on.

    what: one sentence, what happened.
    advice: what to do next, with the exact cell or command where there is one.
    safe: what is not lost. Whoever knows fills it in, the engine mostly; it stays empty where nothing is known, because
    a sentence that is wrong once is worth nothing.
    code: a short word for searching, such as ``SourceMissing``.
    """

    safe = ""

    def __init__(self, what: str, advice: str = "", *, safe: str = "", code: str = "") -> None:
        self.what = printable(without_addresses(what))
        self.advice = printable(without_addresses(advice))
        super().__init__(self.what)
        self.safe = safe or tr(type(self).safe)
        self.code = code or type(self).__name__

    @property
    def code_line(self) -> str:
        """The code, and whatever else helps support to find the event."""
        return self.code

    def four_lines(self, spell: Callable[[str], str] = str) -> tuple[str, str, str, str]:
        """What happened, what is safe, what to do, and the code. `spell` puts the first three into other words."""
        return (spell(self.what), spell(self.safe), spell(self.advice), self.code_line)

    def __str__(self) -> str:
        return "\n".join(line for line in self.four_lines() if line)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.__dict__.copy()))

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines instead of a traceback: the failure is expected, the stack is not news."""
        return str(self).split("\n")


class InputError(OssJupyterError, ValueError):
    """An argument, option or setting cannot work."""


class TransferStateError(OssJupyterError):
    """A transfer was asked for something that its state does not allow, such as pausing what is complete."""

    safe = english("Nothing was changed.")


class SourceError(OssJupyterError):
    """The local file cannot be used."""


class SourceMissing(SourceError):
    """The source is not there, or is not a file."""


class SourceUnreadable(SourceError):
    """The source is there and may not be read."""


class SourceChanged(SourceError):
    """The source changed while it was being sent."""


class CheckpointError(OssJupyterError):
    """The checkpoint directory or a journal in it cannot be used."""


class CheckpointNotWritable(CheckpointError):
    """No permission in the checkpoint directory, or its disk is full."""


class CheckpointTooNew(CheckpointError):
    """A later version of this package wrote the journal."""


class CheckpointDamaged(CheckpointError):
    """The first line of the journal cannot be read."""


class CheckpointForeign(CheckpointError):
    """What lies in the journal's place is another user's, or no regular file."""


class TransferBusy(CheckpointError):
    """Another kernel drives this transfer."""


class CredentialsError(OssJupyterError):
    """No credentials were found, or a provider failed."""


class NetworkError(OssJupyterError):
    """No usable answer came back."""


class CertificateRefused(NetworkError):
    """TLS: the server's certificate is not trusted."""


class NotOss(NetworkError):
    """Something answered, but nothing in the answer proves that it was the service."""


class Stalled(NetworkError):
    """The connection accepted no bytes, or the reply did not come, for too long."""


class IntegrityError(OssJupyterError):
    """A CRC-64 differs from the service's."""


class OutcomeUnknown(OssJupyterError):
    """The service may have finished, and it could not be asked."""


class TransferNotFound(OssJupyterError):
    """No transfer has this id."""


class TransferAborted(OssJupyterError):
    """The result was asked of a transfer that was aborted."""


class FilesFailed(OssJupyterError):
    """Some files of a dataset could not be sent; the others are in OSS."""


class ObjectMissing(OssJupyterError, FileNotFoundError):
    """There is no such object, folder or bucket."""


class ObjectThere(OssJupyterError, FileExistsError):
    """There is an object or a bucket of this name already."""


class ObjectRefused(OssJupyterError, PermissionError):
    """The credentials do not allow to read or write it."""


class ObjectChanged(OssJupyterError, OSError):
    """Another object has taken its place while it was being read."""


class PackageMissing(OssJupyterError):
    """What was asked for needs a package that is not installed here."""


class ExecutorFailed(OssJupyterError):
    """The executor that was given cannot run a part: it was shut down, or one of its workers died."""


class MessageUnreadable(OssJupyterError):
    """Kernel and helper process could not read what one told the other."""


class InterpreterEnding(OssJupyterError):
    """Python is ending, and lets nothing begin any more."""


class PartStopped(OssJupyterError):
    """A part gave way to pause or abort. Internal: it never reaches a user."""


class Shortage(OssJupyterError):
    """The system has no more of something; that passes when somebody gives some back, so it is waited for."""


class TooManyFiles(Shortage):
    """No descriptor is left: too many files, sockets and pipes are open."""


class NoMemory(Shortage):
    """The system, or a limit of this process, has no memory to spare."""


class NoThread(Shortage):
    """The system refuses another thread, and there is none that could do the work."""


class LaneLost(OssJupyterError):
    """The process that ran a part has gone. Internal: the part is sent again."""


@dataclass(frozen=True)
class ServiceReply:
    """What an error reply of the service said, without anything secret.

    status: HTTP status. code: the service's word, such as ``AccessDenied``. message: the service's sentence.
    ec: the finer code (``0003-00000001``), for people, never for branching. request_id, host_id: for support.
    advice_url: the service's own troubleshooting page. extras: the other elements of the error document, such as
    ``Endpoint`` or ``ArgumentName``. retry_after_seconds: from ``x-oss-qos-delay-time`` or ``Retry-After``.
    served_at: when by the service's clock, in Unix seconds.
    """

    status: int
    code: str = ""
    message: str = ""
    ec: str = ""
    request_id: str = ""
    host_id: str = ""
    advice_url: str = ""
    extras: dict[str, str] = field(default_factory=dict)
    retry_after_seconds: float | None = None
    served_at: float | None = None


class ServiceError(OssJupyterError):
    """The service answered with an error; ``reply`` says what it said."""

    def __init__(self, reply: ServiceReply, what: str, advice: str = "") -> None:
        super().__init__(what, advice, code=reply.code or f"HTTP {reply.status}")
        self.reply = reply

    @property
    def code_line(self) -> str:
        """``code · EC · request id · link``, as far as the service told them."""
        reply = self.reply
        return " · ".join(filter(None, (self.code, reply.ec, reply.request_id, reply.advice_url)))


@contextmanager
def before_sending() -> Iterator[None]:
    """Make errors raised within say that nothing was sent, where they say nothing better. It must be true."""
    try:
        yield
    except OssJupyterError as error:
        error.safe = error.safe or tr("Nothing was sent.")
        raise


def _rebuild(kind: type[OssJupyterError], attributes: dict[str, Any]) -> OssJupyterError:
    error = kind.__new__(kind, attributes.get("what", ""))
    error.args = (attributes.get("what", ""),)
    error.__dict__.update(attributes)
    return error
