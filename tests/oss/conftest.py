"""What tests of the wire share."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A certificate for this machine with its key, in one file that clients trust as well."""
    path = tmp_path / "everything.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    for blob in (issued.private_key_pem, *issued.cert_chain_pems, authority.cert_pem):
        blob.write_to_path(str(path), append=True)
    return path
