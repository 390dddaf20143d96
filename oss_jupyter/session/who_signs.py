"""Which credentials would sign an upload that begins now."""

from __future__ import annotations

from contextlib import suppress

from oss_jupyter.engine.job import AnyJob
from oss_jupyter.errors import InputError
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.oss.credentials import CredentialsChain, credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.profiles import names_of_profiles
from oss_jupyter.session.sandbox_process import sandbox_credentials
from oss_jupyter.session.wiring import Wiring
from oss_jupyter.texts import tr


def who_signs(wiring: Wiring, profile: str | None = None) -> CredentialsFound:
    """Return where the credentials come from that uploads without any of their own get. Raises CredentialsError."""
    profile = profile or wiring.settings.profile
    endpoint: EndpointSettings | None = None
    with suppress(InputError):  # without a region; or the profile is nowhere, which the chain says better
        endpoint = wiring.endpoint({"profile": profile} if profile else {})
    ours = None if profile or endpoint is None else sandbox_credentials(endpoint.url)
    return found_by(credentials_chain(ours, profile), endpoint.region or "" if endpoint else "", ours is not None)


def found_by(chain: CredentialsChain, region: str, of_sandbox: bool = False) -> CredentialsFound:
    """Return where credentials are found, without them. of_sandbox: they are its own. Raises CredentialsError."""
    place, found = chain.look()
    return CredentialsFound(
        source=tr("the sandbox of this computer") if of_sandbox else place.name,
        mode=place.mode,
        temporary=found.security_token is not None,
        ends_at=found.ends_at,
        region=region,
    )


def of_this_environment(job: AnyJob) -> bool:
    """Whether the credentials of an upload that runs here are in the environment of this process."""
    chain = getattr(job.spec.control, "credentials", None)
    return not job.apart and isinstance(chain, CredentialsChain) and chain.of_environment


def profile_names() -> tuple[tuple[str, str], ...]:
    """Return the profiles that an upload can name, each with the tool whose file has it."""
    return names_of_profiles()
