"""What can be said of the chain of sources, by keyword."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from ._awsaccess import (
        Cognito,
        Credentials,
        FederationToken,
        Role,
        RolesAnywhere,
        Saml,
        SessionToken,
        WebIdentity,
    )


class ChainOptions(TypedDict, total=False):
    """Each outranks the environment, which outranks the files. ``None`` is as if it were left out."""

    config_file: str | None
    """The config file; it must exist."""
    credentials_file: str | None
    """The credentials file; it must exist."""
    order: Sequence[str] | None
    """The sources that are asked, in this order: ``code``, ``environment``, ``profile``, ``web-identity``,
    ``container``, ``imds``, and ``custom:<name>`` for one of the host's own. One that is left out is never asked."""
    credentials: Credentials | None
    """Keys that are at hand. They, and each of the four below, are what ``code`` stands for."""
    web_identity: WebIdentity | None
    """A role for the token of an OpenID Connect provider."""
    saml: Saml | None
    """A role for a SAML assertion."""
    cognito: Cognito | None
    """An identity of a Cognito identity pool."""
    roles_anywhere: RolesAnywhere | None
    """A role for an X.509 certificate."""
    session_token: SessionToken | None
    """Exchanges long-lived keys that were found for a session of the same user."""
    federation_token: FederationToken | None
    """Exchanges long-lived keys that were found for a session of a federated user."""
    assume: Sequence[Role | str] | None
    """Roles to assume one after the other with what was found."""
    sts_endpoint: str | None
    """The address of STS."""
    imds_endpoint: str | None
    """The address of instance metadata."""
    imds_mode: str | None
    """Which of AWS's two addresses of it: ``ipv4`` or ``ipv6``."""
    imds_role_name: str | None
    """The instance profile's role, so that it is not asked for."""
    imds_allow_v1: bool | None
    """Whether version 1 is fallen back to where a token is refused; false."""
    imds_extended: bool | None
    """Whether the newer path, which names the account too, is asked first; false."""
    shell: bool | None
    """Whether a shell may take part in running a ``credential_process``; true."""
    shared_cache: bool | None
    """Whether sessions of roles are looked for and kept in ``~/.aws/cli/cache``; false."""
    clock_offset: float | None
    """How many seconds the host's clock is behind AWS's, as ``Step.clock_offset`` told."""


class Options(ChainOptions, total=False):
    """With those that :func:`awsaccess.start` takes by position."""

    profile: str | None
    """The profile. It must exist, and the keys of the environment are passed over for it."""
    region: str | None
    """The region of the STS that is asked."""
    home: str | None
    """The home directory, in place of what the environment says of it."""
