"""The first lines of a PutObject, as they go over the line: where to, what of, and signed."""

from __future__ import annotations

from urllib.parse import urlsplit

from oss_jupyter.model.small_files import FilesRoute, FileToSend, SigningKeys
from oss_jupyter.oss.dialler import forwarding
from oss_jupyter.oss.endpoint import keep_dots
from oss_jupyter.oss.put_signer import PutSigner
from oss_jupyter.version import __version__

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class PutHeads:
    """Makes the heads of all files of a route. One thread uses it."""

    def __init__(self, route: FilesRoute) -> None:
        self._signer = PutSigner(route)
        host = urlsplit(route.url).netloc
        scheme = route.url.partition(":")[0]
        proxy_headers = forwarding(route)
        place = "" if proxy_headers is None else route.url
        self._before = f"PUT {place}{route.path_prefix}/"
        common = {**dict(route.headers), "User-Agent": f"oss_jupyter/{__version__}", **(proxy_headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in common.items())
        self._between = f" HTTP/1.1\r\nHost: {host.removesuffix(_DEFAULT_PORTS[scheme])}\r\n{lines}"

    def __repr__(self) -> str:
        return f"PutHeads({self._signer!r})"

    def head(self, file: FileToSend, quoted_key: str, content_md5: str, keys: SigningKeys) -> bytes:
        """Return the head of a file's request. quoted_key: see quoted_path. content_md5: in base64."""
        signed = self._signer.headers(file.key, quoted_key, content_md5, file.content_type, keys)
        path = keep_dots(f"/{quoted_key}")[1:] if "." in quoted_key else quoted_key
        return (
            f"{self._before}{path}{self._between}Content-Length: {file.size}\r\nContent-MD5: {content_md5}\r\n"
            f"Content-Type: {file.content_type}\r\n{signed}\r\n"
        ).encode("latin-1")
