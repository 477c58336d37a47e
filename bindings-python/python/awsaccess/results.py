"""What tasks other than :func:`awsaccess.start` end in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._awsaccess import Credentials


class CallerIdentity(NamedTuple):
    """Whose credentials they are."""

    account: str
    """Twelve digits."""
    arn: str
    """Of the user, the role session or the account's root."""
    user_id: str
    """``AIDA…``, ``AROA…:<session>`` or the account."""
    credentials: Credentials
    """What was asked with."""


class BearerToken(NamedTuple):
    """A token for the services that take one in place of a signature."""

    token: str
    """What goes into ``Authorization: Bearer``."""
    expires_at: float | None
    """Seconds since the epoch; ``None`` if nobody said."""
    source: str
    """``environment`` or ``sso``."""

    def __repr__(self) -> str:
        return f"BearerToken(source={self.source!r}, expires_at={self.expires_at!r})"


class StoredFile(NamedTuple):
    """One file of the caches that the AWS CLI and SDKs share. Nothing secret of it is here."""

    path: str
    """Where it is."""
    kind: str
    """``role``, ``sso-credentials``, ``sso-token``, ``sso-registration``, ``login`` or ``unknown``."""
    expires_at: float | None
    """When what it holds ends, in seconds since the epoch."""
    about: str | None
    """What it is for, as far as the file says."""


class Cleared(NamedTuple):
    """Which cached files are gone."""

    removed: list[StoredFile]
    """Those that were removed."""
    kept: list[tuple[StoredFile, str]]
    """Those that could not be, each with the reason."""


class SignedIn(NamedTuple):
    """A token of IAM Identity Center was fetched and is in its file."""

    session: str | None
    """The ``[sso-session]``, if there is one."""
    start_url: str
    """The portal."""
    region: str
    """The portal's region."""
    expires_at: float
    """When the token ends, in seconds since the epoch."""
    token_file: str
    """The file that it is in."""


class LoggedIn(NamedTuple):
    """A session of ``aws login`` that a profile can use."""

    profile: str
    """The profile."""
    session: str
    """Who signed in: the ``login_session`` of the profile."""
    account_id: str
    """The account."""
    expires_at: float
    """When its first credentials end, in seconds since the epoch."""


class LoggedOut(NamedTuple):
    """The sessions that are over."""

    removed: list[str]
    """Their files."""


class Account(NamedTuple):
    """An account that a person may enter."""

    id: str
    """Twelve digits."""
    name: str | None
    """What the organization calls it."""
    email: str | None
    """The address of its root user."""
