"""What tests of the wire share."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
import trustme

from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A certificate for this machine with its key, in one file that clients trust as well."""
    path = tmp_path / "everything.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    for blob in (issued.private_key_pem, *issued.cert_chain_pems, authority.cert_pem):
        blob.write_to_path(str(path), append=True)
    return path


def put(control: SdkControl, target: Target, content: bytes) -> None:
    """Store an object."""
    signed = control.sign_put(target, ObjectOptions(), "")
    requests.put(signed.url, data=content, headers=dict(signed.headers), timeout=60).raise_for_status()
