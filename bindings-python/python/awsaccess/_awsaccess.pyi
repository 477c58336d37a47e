"""The native half of the package; import these names from ``awsaccess``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import GenericAlias
from typing import Any, Final, Generic, Protocol, SupportsFloat, TypeAlias, TypeVar, Unpack, final, overload

from typing_extensions import Buffer

from .errors import AwsAccessError, RefusedError
from .options import ChainOptions, Options
from .results import Account, BearerToken, CallerIdentity, Cleared, LoggedIn, LoggedOut, SignedIn, StoredFile

_T_co = TypeVar("_T_co", covariant=True)

__version__: Final[str]

_Text: TypeAlias = str | bytes
"""Text of one byte a character, or the bytes themselves."""

class _SupportsItems(Protocol):
    """Anything with ``items()``, as the header classes of HTTP libraries have it."""

    def items(self) -> Iterable[tuple[Any, Any]]: ...

_Headers: TypeAlias = _SupportsItems | Iterable[Sequence[_Text]] | Iterable[_Text]
"""A mapping, a list of pairs, or a flat list of names and values."""
_Time: TypeAlias = SupportsFloat | datetime
"""Seconds since the epoch, or an aware datetime."""
_Duration: TypeAlias = SupportsFloat | timedelta
"""Seconds, or a timedelta."""
_Key: TypeAlias = str | tuple[str, str | None] | Credentials | Delegate | None
"""What a key id stands for: the secret, a (secret, session_token) pair, credentials, a delegate, or ``None``:
not known."""

def sign(
    method: str,
    url: _Text,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    *,
    credentials: Credentials | Delegate,
    region: str | None = None,
    service: str,
    now: _Time | None = None,
    payload: str | None = None,
    double_encode: bool | None = None,
    normalize: bool | None = None,
    content_sha256_header: bool | None = None,
    session_token: str = "sign",
    algorithm: str | None = None,
    region_set: Sequence[str] | None = None,
) -> list[Any]:
    """Signs a request in its headers, and gives all headers to send: the caller's own pairs in order, then those that
    signing adds. One that signing sets replaces one that came in.

    `url` is absolute, or `/path?query` beside a Host header. `headers` is a mapping, a list of pairs or a flat
    list. `payload` stands for the body: a hexadecimal SHA-256 or one of AWS's literals.

    `credentials` may be a `Delegate`. `region_set`, a list of names and patterns in the place of `region`, or
    `algorithm="v4a"` signs with SigV4A. `session_token` is `sign`, `append` (after signing, as IoT wants it),
    `omit` or `s3express` (under the name that sessions of S3 Express have).
    """

@overload
def presign(
    method: str,
    url: str,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    *,
    credentials: Credentials | Delegate,
    region: str | None = None,
    service: str,
    expires: _Duration | None = None,
    now: _Time | None = None,
    payload: str | None = None,
    double_encode: bool | None = None,
    normalize: bool | None = None,
    content_sha256_header: bool | None = None,
    session_token: str = "sign",
    algorithm: str | None = None,
    region_set: Sequence[str] | None = None,
) -> str:
    """Signs a request in its query, and gives the URL, which is good for `expires` seconds.

    Where neither `body` nor `payload` is given, a link to S3 leaves its body unsigned. The answer is text or
    bytes, as `url` is.
    """

@overload
def presign(
    method: str,
    url: bytes,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    *,
    credentials: Credentials | Delegate,
    region: str | None = None,
    service: str,
    expires: _Duration | None = None,
    now: _Time | None = None,
    payload: str | None = None,
    double_encode: bool | None = None,
    normalize: bool | None = None,
    content_sha256_header: bool | None = None,
    session_token: str = "sign",
    algorithm: str | None = None,
    region_set: Sequence[str] | None = None,
) -> bytes: ...
def explain(
    method: str,
    url: _Text,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    *,
    credentials: Credentials | Delegate,
    region: str | None = None,
    service: str,
    expires: _Duration | None = None,
    now: _Time | None = None,
    payload: str | None = None,
    double_encode: bool | None = None,
    normalize: bool | None = None,
    content_sha256_header: bool | None = None,
    session_token: str = "sign",
    algorithm: str | None = None,
    region_set: Sequence[str] | None = None,
) -> Explanation:
    """What `sign` hashes and signs; with `expires`, what `presign` does."""

def claim(
    method: str,
    target: _Text,
    headers: _Headers | None = None,
    *,
    now: _Time | None = None,
    policy: Policy | None = None,
) -> Claim:
    """Parses what a request says of its signer. Nothing is hashed yet.

    `target` is the request target as it came, text or bytes. Raises `VerifyError`.
    """

def verify(
    method: str,
    target: _Text,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    *,
    lookup: Callable[[str], _Key],
    now: _Time | None = None,
    policy: Policy | None = None,
) -> Verified:
    """Parses, looks the key up and proves, in one call. Whatever `lookup` raises is raised unchanged.

    `lookup(access_key_id)` gives what `Claim.verify` takes. Raises `VerifyError`.
    """

def identify(
    method: str,
    url: _Text,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    *,
    service: str | None = None,
) -> Operation:
    """Says what a request asks for. `url` is absolute, or `/path?query` beside a Host header; the host and the
    credential scope of the headers say which service it is for, or `service`, a signing name, does in the place of
    the scope.
    """
def diagnose(
    method: str,
    url: _Text,
    headers: _Headers | None = None,
    body: Buffer | None = None,
    reply: tuple[int | None, _Headers | None, Buffer | None] | bytes | None = None,
    *,
    credentials: Credentials | None = None,
    region: str | None = None,
    region_set: Sequence[str] | None = None,
    service: str | None = None,
    canonical_request: _Text | None = None,
    now: _Time | None = None,
) -> Diagnosis:
    """Names the cause of a refused signature. The more is given, the more certain it is.

    The request is the one that left the client, its signature included; without `body` only what its head declares
    is known. `reply` is the service's answer: `(status, headers, body)`, or the bytes on the wire. `credentials`
    are the keys that the client meant to sign with; `region` and `service` what the service wants, where its host
    does not tell; `canonical_request` what the client logged; `now` when it was sent, by a clock that is right.
    """
def recognize_presign(text: _Text, headers: _Headers | None = None) -> OfflinePresign | None:
    """Recognises a presigned URL, a token for EKS, RDS, ElastiCache, MemoryDB, MSK or DSQL, or git credentials of
    CodeCommit, text or bytes; `None` for anything else.

    `headers` are those that are signed and are not in the text, such as the cluster of an EKS token (`x-k8s-aws-
    id`).
    """
def start(
    env: Mapping[str, str],
    now: _Time | None = None,
    profile: str | None = None,
    region: str | None = None,
    home: str | None = None,
    seed: Buffer | None = None,
    **options: Unpack[ChainOptions],
) -> Step[Credentials]:
    """Starts to look for credentials as AWS's SDKs do, and stands at the first question.

    `env` is a mapping of environment variables; nothing else is read. What is given here outranks it. `seed` is 32
    fresh random bytes; `None` takes them from `os.urandom`. `options` are those of `awsaccess.Options`.
    """
def start_caller_identity(
    env: Mapping[str, str], now: _Time | None = None, *, seed: Buffer | None = None, **options: Unpack[Options]
) -> Step[CallerIdentity]:
    """Finds credentials as `start` does, then asks STS whose they are: ends in a `CallerIdentity`."""
def start_region(
    env: Mapping[str, str], now: _Time | None = None, *, seed: Buffer | None = None, **options: Unpack[Options]
) -> Step[str | None]:
    """Finds the region: in code, in the environment, in the profile and its sources, at the instance. Ends in `None`
    if nothing says.
    """
def start_bearer_token(
    service: str,
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    seed: Buffer | None = None,
    **options: Unpack[Options],
) -> Step[BearerToken]:
    """Finds the bearer token of a service that takes one in place of a signature; `service` is the name that it signs
    as.
    """
def start_plan(env: Mapping[str, str], now: _Time | None = None, **options: Unpack[Options]) -> Step[Plan]:
    """Plans the selected profile from the files that the host reads; no request is made. Ends in a `Plan`."""
def start_cache_list(
    env: Mapping[str, str], now: _Time | None = None, *, home: str | None = None
) -> Step[list[StoredFile]]:
    """Lists the files of the caches that the AWS CLI and SDKs share. Ends in a list of `StoredFile`."""
def start_cache_clear(
    env: Mapping[str, str],
    now: _Time | None = None,
    paths: Sequence[str] | None = None,
    *,
    home: str | None = None,
) -> Step[Cleared]:
    """Removes files of those caches: those at `paths`, which `start_cache_list` told, or all of them for `None`. Ends
    in a `Cleared`.
    """
def start_sso_login(
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    seed: Buffer | None = None,
    session: str | None = None,
    start_url: str | None = None,
    sso_region: str | None = None,
    scopes: Sequence[str] = ...,
    device_code: bool = False,
    client_name: str | None = None,
    **options: Unpack[Options],
) -> Step[SignedIn]:
    """Signs a person in to IAM Identity Center, as `aws sso login` does: with a browser on this machine (`Listen`),
    or with a code that is typed in elsewhere (`Prompt`). Ends in a `SignedIn`.

    The portal is that of the profile, of the `[sso-session]` named `session`, or `start_url` in `sso_region`.
    """
@overload
def start_sso_accounts(
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    account_id: None = None,
    seed: Buffer | None = None,
    session: str | None = None,
    start_url: str | None = None,
    sso_region: str | None = None,
    **options: Unpack[Options],
) -> Step[list[Account]]:
    """Lists the accounts that the person who is signed in may enter, as a list of `Account`; with `account_id`, the
    names of the roles in that account.
    """
@overload
def start_sso_accounts(
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    account_id: str,
    seed: Buffer | None = None,
    session: str | None = None,
    start_url: str | None = None,
    sso_region: str | None = None,
    **options: Unpack[Options],
) -> Step[list[str]]: ...
def start_configure_sso(
    name: str,
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    start_url: str,
    sso_region: str,
    session: str | None = None,
    account_id: str | None = None,
    role_name: str | None = None,
    output: str | None = None,
    profile_region: str | None = None,
    **options: Unpack[Options],
) -> Step[str]:
    """Writes a profile of IAM Identity Center into the config file, and its `[sso-session]` if it has one, as `aws
    configure sso` does. Ends in the path of the file.
    """
def start_login(
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    remote: bool = False,
    seed: Buffer | None = None,
    **options: Unpack[Options],
) -> Step[LoggedIn]:
    """Signs a person in as `aws login` does. Ends in a `LoggedIn`. `remote`: the browser is on another device, and
    the person pastes the code that it shows.
    """
def start_logout(
    env: Mapping[str, str],
    now: _Time | None = None,
    *,
    sso: bool = False,
    seed: Buffer | None = None,
    **options: Unpack[Options],
) -> Step[LoggedOut]:
    """Signs out: `sso` ends every session of IAM Identity Center, else the profile's session of `aws login` is ended.
    Ends in a `LoggedOut`.
    """
def profile_files(
    env: Mapping[str, str], *, home: str | None = None, platform: str | None = None
) -> tuple[str | None, str | None, str]:
    """Where the two files are and which profile is selected, as `(config, credentials, profile)`; `None` for a file
    whose place nobody says. `platform` is `unix` or `windows`; `None` is the one that this runs on.
    """
def plan(
    env: Mapping[str, str],
    files: Mapping[str, str | Buffer | None],
    profile: str | None = None,
    *,
    home: str | None = None,
) -> Plan:
    """Resolves a profile without asking anybody.

    `files` says what each path holds (bytes, text or `None`); the keys `config` and `credentials` stand for the
    two files wherever they are. Raises `ConfigError`, which names the profiles and keys to mend, or
    `NotConfiguredError` where there is simply nothing.
    """

def parse_profiles(config: str | Buffer | None = None, credentials: str | Buffer | None = None) -> Profiles:
    """Reads the two files, bytes or text; one that does not exist is `None`. Raises `ProfileError` with the line."""

def find_secret(haystack: _Text, secret: _Text) -> str | None:
    """In which encoding a secret of 8 bytes or more appears in a text (`plain`, `base64`, …), whole or cut off;
    `None` if it does not. For tests of what was logged.
    """

@overload
def redact(text: str) -> str:
    """Hides what looks like a secret in a text; bytes come back as bytes."""

@overload
def redact(text: Buffer) -> bytes: ...

def partition(region: str) -> Partition | None:
    """The partition of a region, known by name or by the pattern of it; `None` if no partition has such regions."""
def partitions() -> list[Partition]:
    """Every partition there is."""
def locate(service: str, region: str, *, fips: bool = False, dual_stack: bool = False) -> Location:
    """The endpoint of a service by any of its names (its service id, botocore's name for it, the first labels of its
    host).

    Raises `InputError` if region or service are unknown, or the service has no such endpoint there.
    """
def endpoint(host: str) -> Endpoint | None:
    """Reads a host name (or `name:443`) as AWS's; `None` for any other, and for one that no request may be signed
    for.
    """
def parse_endpoint(host: str) -> Endpoint:
    """The same; raises `InputError` with the reason where `endpoint` gives `None`."""
def start_console(
    credentials: Credentials,
    now: _Time | None = None,
    *,
    role: str | None = None,
    session_name: str = "awsaccess",
    external_id: str | None = None,
    federated_user: str | None = None,
    policy: str | None = None,
    duration: _Duration | None = None,
    destination: str | None = None,
    issuer: str | None = None,
    region: str | None = None,
    default_region: str | None = None,
    endpoint: str | None = None,
    sts_endpoint: str | None = None,
    seed: Buffer | None = None,
) -> Step[ConsoleLink]:
    """Starts to make a link into the AWS console, and stands at the first question. Ends in a `ConsoleLink`.

    The console is that of the credentials, which must then be a role's or a federated user's; or of `role`, an
    ARN, which is assumed first; or of `federated_user`, a name, for which long-lived keys are enough, and who may
    do what `policy` allows. `duration` is shortened to what AWS allows: 12 hours over long-lived keys and over an
    EC2 instance's role, one hour over other temporary credentials. `destination` is an `https` URL of the console,
    a path of it or a service's name; `region` chooses sign-in and console of that region; `default_region`, the
    one that is set up, only says which partition they are of, where neither `region` nor a role does.
    """
def switch_role_url(
    role_arn: str,
    *,
    display_name: str | None = None,
    color: str | None = None,
    destination: str | None = None,
    region: str | None = None,
) -> str:
    """A link that switches the role in a console that is signed in already. It gives no access by itself.

    Raises `InputError` if a part is not what it must be.
    """
def _sts_request(
    operation: str,
    parameters: dict[str, Any],
    credentials: Credentials | None,
    region: str | None,
    endpoint: str | None,
    fips: bool,
    dual_stack: bool,
    now: _Time | None,
) -> Http: ...
def _sts_read(reply: object) -> StsReply: ...
def _session_name(template: str, values: dict[str, str]) -> str: ...

@final
class Credentials:
    """An access key id with its secret, and what came with it.

    The secrets are read as attributes and appear nowhere else: not in `repr`, not in a pickle.
    """
    def __new__(
        cls,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        expires_at: _Time | None = None,
        account_id: str | None = None,
        *,
        source: str | None = None,
    ) -> Credentials: ...
    @property
    def access_key_id(self) -> str:
        """The public name of the key."""
    @property
    def secret_access_key(self) -> str:
        """The secret that signs."""
    @property
    def session_token(self) -> str | None:
        """The session token of temporary credentials."""
    @property
    def expires_at(self) -> float | None:
        """When they expire, in seconds since the epoch; `None` for long-lived keys."""
    @property
    def account_id(self) -> str | None:
        """The account that they belong to, where known."""
    @property
    def source(self) -> str | None:
        """Where they came from, in a word (`environment`, `imds`, `assume-role`), where known."""
    def delegate(self, region: str, service: str, now: _Time | None = None) -> Delegate:
        """What signs and proves in their place on the day of `now` (in UTC), for one region and service, without the
        secret. There is none for SigV4A.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Credentials: ...
    def __deepcopy__(self, _memo: Any) -> Credentials: ...

@final
class Delegate:
    """What a process needs that signs or verifies on behalf of one that keeps the secret: the key of one day (in
    UTC), region and service, and the session token that goes with it.
    """
    def __new__(
        cls,
        access_key_id: str,
        key: Buffer,
        region: str,
        service: str,
        now: _Time | None = None,
        *,
        session_token: str | None = None,
        expires_at: _Time | None = None,
    ) -> Delegate: ...
    @property
    def access_key_id(self) -> str:
        """The public name of the key."""
    @property
    def region(self) -> str:
        """The region that it signs for."""
    @property
    def service(self) -> str:
        """The signing name that it signs for."""
    @property
    def session_token(self) -> str | None:
        """The session token of temporary credentials."""
    @property
    def expires_at(self) -> float | None:
        """When the credentials expire, in seconds since the epoch; the key itself ends with its day."""
    @property
    def key(self) -> bytes:
        """The key itself, to be given to another process."""

@final
class Operation:
    """What a request asks of AWS."""
    @property
    def service(self) -> str:
        """The signing name of the service; empty where nothing says it."""
    @property
    def model(self) -> str | None:
        """The service as boto3 and the AWS CLI call it, which tells apart what shares a signing name."""
    @property
    def name(self) -> str | None:
        """The operation; `None` unless it is exactly known."""
    @property
    def confidence(self) -> str:
        """`exact`, `ambiguous` (the request names it twice or in contradiction) or `unknown`."""
    @property
    def reason(self) -> str | None:
        """Why it is ambiguous."""
    @property
    def unlisted(self) -> str | None:
        """A name that the request has for it and that is in no model."""
    @property
    def protocol(self) -> str:
        """`query`, `ec2`, `json-1.0`, `json-1.1`, `rest-json`, `rest-xml`, `s3` or `rpc-v2-cbor`."""
    @property
    def access(self) -> str | None:
        """`read`, `write`, `permissions` (it changes who may do what) or `credentials` (its answer carries some)."""
    @property
    def returns_credentials(self) -> bool:
        """Whether the answer may carry AWS credentials or a login as good, taken from the worst side where that is
        not known.
        """
    @property
    def resources(self) -> list[tuple[str, str]]:
        """What it is about, in the client's own words: pairs of a kind (`bucket`, `table`, `role` …) and a name."""
    @property
    def actions(self) -> list[str]:
        """The actions of IAM policies that it needs, at best knowledge: `s3:GetObject`."""

@final
class Diagnosis:
    """Why a signature was refused, with nothing secret in it."""
    @property
    def cause(self) -> str:
        """The cause, one of a closed list (`header-removed`, `wrong-region`, `clock-skew`); `nothing` where nothing
        is wrong.
        """
    @property
    def part(self) -> str:
        """Which part of the request it is about (`header`, `query`, `payload`, `scope`)."""
    @property
    def subject(self) -> str | None:
        """The header or the query parameter, where it is about one."""
    @property
    def certain(self) -> bool:
        """Whether it is proven (by what the service said or computed, or by the signature itself), not only likely."""
    @property
    def explanation(self) -> str:
        """What it means here, in a line."""
    @property
    def remedy(self) -> str:
        """What to do about it, in a line."""
    @property
    def ours(self) -> str | None:
        """The line as the client signed it; secret values by their length alone."""
    @property
    def theirs(self) -> str | None:
        """The line as the service saw it, or would."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class OfflinePresign:
    """A presigned URL or a token made of one: read, not proven."""
    @property
    def kind(self) -> str:
        """What it is: `s3`, `eks-token`, `rds-token`, `elasticache-token`, `memorydb-token`, `msk-token`, `dsql-
        token`, `codecommit`, or `url` for a presigned URL of another service.
        """
    @property
    def access_key_id(self) -> str:
        """The key id that it claims."""
    @property
    def region(self) -> str:
        """The region, or the region set of SigV4A as it is written."""
    @property
    def service(self) -> str:
        """The signing name."""
    @property
    def host(self) -> str:
        """The host that it is for, with its port."""
    @property
    def resource(self) -> str | None:
        """What it opens, where the text says so: `bucket/key`, a database user, a cluster, a repository, else the
        path.
        """
    @property
    def signed_at(self) -> float:
        """When it was signed, in seconds since the epoch."""
    @property
    def expires_at(self) -> float:
        """From when the service refuses it, in seconds since the epoch, if the credentials last as long."""
    @property
    def missing_headers(self) -> list[str]:
        """The names of headers that are signed, and whose values are neither in the text nor given."""
    def verify(self, key: _Key, now: _Time | None = None, policy: Policy | None = None) -> ProvenPresign:
        """Proves it. `key` is what `Claim.verify` takes. Raises `VerifyError`."""

@final
class ProvenPresign:
    """A presigned URL or token whose signature is right; only `OfflinePresign.verify` makes one."""
    @property
    def method(self) -> str:
        """The method that was signed; `GIT` for CodeCommit."""
    def resign(
        self, credentials: Credentials, longest: _Duration | None = None, now: _Time | None = None
    ) -> ResignedPresign:
        """Signs it with credentials that the service knows, for as long as it can honestly last: the least of what
        remains of the time asked for, the credentials, and `longest`, a duration. Raises `ResignError`.
        """

@final
class ResignedPresign:
    """The same text, signed with a key that the service knows. Whoever has it can use it."""
    @property
    def text(self) -> str | bytes:
        """The URL, the token or the git credentials, in the form in which it came: text or bytes."""
    @property
    def expires_at(self) -> float:
        """From when the service refuses it, in seconds since the epoch."""
    @property
    def lifetime(self) -> float:
        """How many seconds that is from the time of signing again."""
    @property
    def limited_by(self) -> str:
        """What ends it: `asked` (the client wanted no more), `credentials` or `policy`."""

@final
class Policy:
    """The rules that a request must meet beside having the right signature; the defaults are the strict ones."""
    def __new__(
        cls,
        *,
        max_skew: _Duration | None = None,
        max_expires: _Duration | None = None,
        region: str | None = None,
        service: str | None = None,
        require_signed: Sequence[str] = ...,
        require_signed_if_present: Sequence[str] = ...,
        require_amz_signed: bool = True,
        unsigned_amz: Sequence[str] = ...,
        any_unsigned_payload: bool = False,
        date_header: bool = True,
        sigv4a: bool = True,
        uniform_errors: bool = False,
    ) -> Policy: ...
    @property
    def max_skew(self) -> float | None:
        """How far the request's time may be from now, in seconds."""
    @property
    def max_expires(self) -> float:
        """The longest lifetime of a presigned URL, in seconds."""
    @property
    def region(self) -> str | None:
        """The region that the credential scope must name."""
    @property
    def service(self) -> str | None:
        """The signing name that the credential scope must name."""
    @property
    def require_signed(self) -> list[str]:
        """Headers that must be signed, present or not."""
    @property
    def require_signed_if_present(self) -> list[str]:
        """Headers that must be signed if the request has them."""
    @property
    def require_amz_signed(self) -> bool:
        """Whether every `x-amz-*` header must be signed."""
    @property
    def unsigned_amz(self) -> list[str]:
        """`x-amz-*` headers that need not be signed."""
    @property
    def any_unsigned_payload(self) -> bool:
        """Whether `UNSIGNED-PAYLOAD` is taken from every service."""
    @property
    def date_header(self) -> bool:
        """Whether the `Date` header serves where `X-Amz-Date` is missing."""
    @property
    def sigv4a(self) -> bool:
        """Whether SigV4A is taken."""
    @property
    def uniform_errors(self) -> bool:
        """Whether an unknown key and a wrong token are answered just as a wrong signature is."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Explanation:
    """What is hashed and signed, for a person who looks for a difference."""
    @property
    def canonical_request(self) -> bytes:
        """The canonical request; it holds the session token, if that is signed."""
    @property
    def string_to_sign(self) -> bytes:
        """The string to sign."""

@final
class Claim:
    """A request that names its signer: parsed and checked, not yet proven."""
    @property
    def access_key_id(self) -> str:
        """The key id to look up."""
    @property
    def algorithm(self) -> str:
        """`v4`, or `v4a` for SigV4A."""
    @property
    def region(self) -> str:
        """The region of the credential scope, or the region set of SigV4A as it is written."""
    @property
    def region_set(self) -> tuple[str, ...] | None:
        """The names and patterns of the region set; `None` for SigV4."""
    @property
    def service(self) -> str:
        """The signing name of the credential scope."""
    @property
    def signed_headers(self) -> tuple[str, ...]:
        """The names that the signature covers, lower case and ascending."""
    @property
    def payload(self) -> str | None:
        """The SHA-256 or the literal that the head declares for the body."""
    @property
    def presigned(self) -> bool:
        """Whether the signature is in the query."""
    @property
    def signed_at(self) -> float:
        """When it was signed, in seconds since the epoch."""
    @property
    def expires(self) -> int | None:
        """The lifetime of a presigned URL, in seconds."""
    @property
    def session_token(self) -> bytes | None:
        """The session token that came with the request, until the claim is verified."""
    def verify(self, key: _Key, body: Buffer | None = None) -> Verified:
        """Proves the claim, which serves once. `key` is the secret, a `(secret, session_token)` pair, `Credentials`,
        a `Delegate`, or `None` for a key id that is not known. `body=None`: only the head is at hand.

        Raises `VerifyError`.
        """
    def relay(
        self,
        key: _Key,
        credentials: Credentials | Delegate,
        body: Buffer | None = None,
        url: str | None = None,
        now: _Time | None = None,
        *,
        base_path: str = "",
        strict: bool = False,
    ) -> tuple[Resigned, BodyResigner]:
        """Proves the claim and signs it again under `credentials`, in one call, for a host that knows beforehand what
        it will sign with. What comes out is what `verify`, then `resign` give, and the way for the body, in less
        time.

        `key` and `body` are as for `verify`, all else as for `Verified.resign`. Raises `VerifyError`, whatever
        else is wrong, else `ResignError`.
        """

@final
class Verified:
    """A request whose signature is right; only `verify` makes one."""
    @property
    def access_key_id(self) -> str:
        """The key id that signed."""
    @property
    def algorithm(self) -> str:
        """`v4`, or `v4a` for SigV4A."""
    @property
    def region(self) -> str:
        """The region of the credential scope, or the region set of SigV4A as it is written."""
    @property
    def region_set(self) -> tuple[str, ...] | None:
        """The names and patterns of the region set; `None` for SigV4."""
    @property
    def service(self) -> str:
        """The signing name of the credential scope."""
    @property
    def signed_headers(self) -> tuple[str, ...]:
        """The names that the signature covers, lower case and ascending."""
    @property
    def payload(self) -> str | None:
        """The SHA-256 or the literal that the head declares for the body."""
    @property
    def presigned(self) -> bool:
        """Whether the signature was in the query."""
    @property
    def signed_at(self) -> float:
        """When it was signed, in seconds since the epoch."""
    def resign(
        self,
        credentials: Credentials | Delegate,
        url: str | None = None,
        now: _Time | None = None,
        *,
        base_path: str = "",
        strict: bool = False,
    ) -> Resigned:
        """Signs the request again under `credentials`, or a `Delegate`'s key, once.

        `url` is where it goes: scheme and host, or the whole URL of the same path and query. `None` is https and
        the host that the client signed. `base_path` is a prefix that belongs to the listener: verified, then taken
        off. `strict` drops ordinary headers that the client did not sign. Raises `ResignError`.
        """
    def body_resigner(self, credentials: Credentials | Delegate, *, checksums: bool = True) -> BodyResigner:
        """The way for the body: push what the client sends, send what comes out. Before or after `resign`, once.

        The pieces of a body that is signed piece by piece are signed again, after `resign` only; before it, such a
        body raises `ResignError`. Checksums in trailers are checked, unless `checksums` is false: then the
        receiver does.
        """

@final
class Resigned:
    """A request that AWS will accept: the complete head."""
    @property
    def method(self) -> str:
        """The method."""
    @property
    def url(self) -> str:
        """Where to send it. A presigned request carries its signature here."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers to send, in order, as text of one byte a character."""

@final
class BodyResigner:
    """Bytes in, bytes out, the same in number; the last byte waits until the body is seen to be the right one."""
    def push(self, data: Buffer) -> bytes:
        """Takes the next bytes and gives those that may be sent. Raises `BodyError` if the body is not the one that
        was signed; nothing more must be sent then.
        """
    def finish(self) -> bytes:
        """Ends the body and gives the byte that was held back. Raises `BodyError`; the body is then short of its last
        byte, and the receiver keeps none of it.
        """

@final
class Role:
    """A role to assume, and what is said with it."""
    def __new__(
        cls,
        role_arn: str,
        *,
        external_id: str | None = None,
        session_name: str | None = None,
        duration: _Duration | None = None,
        mfa_serial: str | None = None,
        region: str | None = None,
        source_identity: str | None = None,
        policy: str | None = None,
        policy_arns: Sequence[str] = ...,
        tags: Mapping[str, str] | None = None,
        transitive_tag_keys: Sequence[str] = ...,
    ) -> Role: ...
    @property
    def role_arn(self) -> str:
        """The role."""

@final
class TokenFile:
    """A token or an assertion in a file, which is read again each time that it is needed."""
    def __new__(cls, path: str) -> TokenFile: ...
    @property
    def path(self) -> str:
        """Where it is."""

@final
class WebIdentity:
    """A role for the token of an OpenID Connect provider."""
    def __new__(
        cls,
        role_arn: str,
        token: str | TokenFile,
        *,
        session_name: str | None = None,
        duration: _Duration | None = None,
        policy: str | None = None,
        policy_arns: Sequence[str] = ...,
        region: str | None = None,
    ) -> WebIdentity: ...
    @property
    def role_arn(self) -> str:
        """The role."""

@final
class Saml:
    """A role for a SAML assertion."""
    def __new__(
        cls,
        role_arn: str,
        principal_arn: str,
        assertion: str | TokenFile,
        *,
        duration: _Duration | None = None,
        policy: str | None = None,
        policy_arns: Sequence[str] = ...,
        region: str | None = None,
    ) -> Saml: ...
    @property
    def role_arn(self) -> str:
        """The role."""

@final
class Cognito:
    """An identity of a Cognito identity pool."""
    def __new__(
        cls,
        identity_pool_id: str,
        *,
        logins: Mapping[str, str | TokenFile] | None = None,
        identity_id: str | None = None,
        account_id: str | None = None,
        custom_role_arn: str | None = None,
        role_arn: str | None = None,
        endpoint: str | None = None,
    ) -> Cognito: ...
    @property
    def identity_pool_id(self) -> str:
        """The pool."""

@final
class RolesAnywhere:
    """A role for an X.509 certificate, by IAM Roles Anywhere. The private key stays with the host, which is asked to
    `Sign`.
    """
    def __new__(
        cls,
        trust_anchor_arn: str,
        profile_arn: str,
        role_arn: str,
        certificate: str,
        private_key: str,
        *,
        chain: str | None = None,
        session_name: str | None = None,
        duration: _Duration | None = None,
        region: str | None = None,
        endpoint: str | None = None,
    ) -> RolesAnywhere: ...
    @property
    def role_arn(self) -> str:
        """The role."""

@final
class SessionToken:
    """Exchanges long-lived keys for a session of the same user, with a one-time code if it names a device."""
    def __new__(
        cls, *, mfa_serial: str | None = None, duration: _Duration | None = None, region: str | None = None
    ) -> SessionToken: ...
    @property
    def mfa_serial(self) -> str | None:
        """The MFA device."""

@final
class FederationToken:
    """Exchanges long-lived keys for a session of a federated user, which can assume no role."""
    def __new__(
        cls,
        name: str,
        *,
        policy: str | None = None,
        policy_arns: Sequence[str] = ...,
        tags: Mapping[str, str] | None = None,
        duration: _Duration | None = None,
        region: str | None = None,
    ) -> FederationToken: ...
    @property
    def name(self) -> str:
        """The federated user."""

@final
class Cached:
    """The credentials of one source, and what each caller does: a pure function of the time, in the scheme that AWS's
    SDKs agreed on. It waits for nobody and asks nobody.
    """
    def __new__(
        cls,
        *,
        advisory_window: _Duration | None = None,
        jitter: float = 0.1,
        serve_expired: bool = True,
        remember_failure: _Duration | None = None,
        longest_refresh: _Duration | None = None,
        seed: Buffer | None = None,
    ) -> Cached: ...
    def decide(self, now: _Time | None = None, need: _Duration | None = None) -> Decision:
        """What a caller does that needs credentials which are good for at least `need` (seconds or a timedelta) from
        now.
        """
    def settle(self, now: _Time | None, result: Credentials | AwsAccessError) -> Credentials:
        """Ends a turn with what the source gave: `Credentials`, or the `AwsAccessError` that it raised. Gives what
        serves now, which after a failure may be the old credentials, or raises why nothing does.
        """
    def abandon(self) -> None:
        """Gives a turn back without an answer: the one who had it was cancelled."""
    def invalidate(self, now: _Time | None, access_key_id: str) -> bool:
        """AWS has refused this key as expired or invalid; the next caller has the source asked. Says whether that
        changed anything: a key that was replaced meanwhile does not.
        """
    def serve(self, now: _Time | None = None, need: _Duration | None = None) -> Credentials:
        """What serves at this moment, without asking anybody; raises why nothing does."""
    def is_backing_off(self, now: _Time | None = None) -> bool:
        """Whether the source is left alone after a failure."""
    @property
    def credentials(self) -> Credentials | None:
        """What there is, good or not."""
    @property
    def last_failure(self) -> AwsAccessError | None:
        """Why the last refresh failed, if none succeeded since."""
    @property
    def advisory_at(self) -> float | None:
        """From when on the credentials are renewed in the background, in seconds since the epoch; `None` where there
        are none or they do not end.
        """

@final
class Decision:
    """What a caller does now."""
    __match_args__: Final = ("kind", "credentials")
    @property
    def kind(self) -> str:
        """`use` (these serve), `refresh_in_background` (these serve, and this caller has the source asked),
        `refresh_now` (this caller asks the source), `wait` (another one does) or `fail`.
        """
    @property
    def credentials(self) -> Credentials | None:
        """What serves, if anything does."""
    @property
    def until(self) -> float | None:
        """Of `wait`: decide again by this time at the latest, in seconds since the epoch."""
    @property
    def error(self) -> AwsAccessError | None:
        """Of `fail`: what to raise."""

@final
class Step(Generic[_T_co]):
    """Where a task stands: `ask` is its question, until it is `done`. A step answers once; the answer gives the next."""
    @property
    def done(self) -> bool:
        """Whether there is nothing more to ask."""
    @property
    def ask(
        self,
    ) -> (
        ReadFile
        | WriteFile
        | ListFiles
        | RemoveFile
        | Lock
        | Http
        | Resolve
        | RunProcess
        | Prompt
        | Listen
        | Sign
        | Custom
        | Wait
        | None
    ):
        """The question, as an object of its class; `None` once the task is done."""
    @property
    def trace(self) -> list[Attempt]:
        """Every source that was tried, in order, once the task is done."""
    @property
    def warnings(self) -> list[str]:
        """What was passed over on the way, and may not be meant so."""
    def answer(self, now: _Time | None, reply: object) -> Step[_T_co]:
        """Goes on with the answer, which must be of the question's kind; `now` is the clock after the work.

        Raises `WrongAnswerError`, which leaves the step as it is, and `UsedError` for a second answer.
        """
    def decline(self, now: _Time | None = None) -> Step[_T_co]:
        """Goes on without an answer: this host does not do such things."""
    def result(self) -> _T_co:
        """What the task ends in (of `start`, the credentials), or raises why it does not."""
    @property
    def clock_offset(self) -> float:
        """How many seconds the host's clock is behind AWS's, where a reply has shown it; pass it on as
        `clock_offset`.
        """
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...

@final
class Attempt:
    """One source that was tried."""

    __match_args__: Final = ("source", "outcome", "reason")
    @property
    def source(self) -> str:
        """The source (`environment`, `profile`, `imds`, `assume-role`)."""
    @property
    def outcome(self) -> str:
        """`not_configured`, `failed` or `ok`."""
    @property
    def reason(self) -> str:
        """Why, in one line without a secret."""
    @property
    def took(self) -> float:
        """How many seconds it took by the host's clock."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class ReadFile:
    """Wants the contents of a file: answer with bytes, with `None` if there is no such file, or with `FileFailure`."""

    __match_args__: Final = ("path", "max_bytes")
    @property
    def path(self) -> str:
        """Where it is; a leading `~` has been replaced already."""
    @property
    def max_bytes(self) -> int:
        """The most that will be taken; a longer file is refused, never cut."""

@final
class WriteFile:
    """Wants a file written whole or not at all, mode 0600, directories 0700: answer with `True`."""

    __match_args__: Final = ("path", "data")
    @property
    def path(self) -> str:
        """Where to."""
    @property
    def data(self) -> bytes:
        """What."""

@final
class ListFiles:
    """Wants the names in a directory: answer with a list of text. A missing directory is an empty one."""

    __match_args__: Final = ("path", "max_bytes")
    @property
    def path(self) -> str:
        """The directory."""
    @property
    def max_bytes(self) -> int:
        """The most bytes that all names together may have."""

@final
class RemoveFile:
    """Wants a file removed: answer with `True`, also if it was not there."""

    __match_args__: Final = ("path",)
    @property
    def path(self) -> str:
        """Which."""

@final
class Lock:
    """Wants an exclusive lock taken (`hold`) or given back: answer with `True`."""

    __match_args__: Final = ("path", "hold")
    @property
    def path(self) -> str:
        """The file that stands for the lock; made when missing."""
    @property
    def hold(self) -> bool:
        """`True` takes the lock, waiting for it; `False` gives it back."""

@final
class Http:
    """Wants an HTTP request made: answer with `HttpReply`, whatever its status, or `HttpFailure`.

    Follow no redirect. `direct` forbids a proxy; `timeout` is for connecting, and again for each read.
    """

    __match_args__: Final = ("method", "url", "headers", "body", "timeout", "direct")
    @property
    def request(self) -> Http:
        """This very object."""
    @property
    def method(self) -> str:
        """`GET`, `PUT` or `POST`."""
    @property
    def url(self) -> str:
        """Absolute, `http` or `https`."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """Pairs of text, in the order to be sent."""
    @property
    def body(self) -> bytes:
        """The body; may be empty."""
    @property
    def timeout(self) -> float:
        """Seconds."""
    @property
    def direct(self) -> bool:
        """No proxy may be used."""
    @property
    def max_bytes(self) -> int:
        """The most bytes of body that will be taken."""

@final
class Resolve:
    """Wants the addresses of a name: answer with a list of text, or `HttpFailure`."""

    __match_args__: Final = ("host",)
    @property
    def host(self) -> str:
        """The name."""

@final
class RunProcess:
    """Wants a program run without a shell: answer with `ProcessReply` or `ProcessFailure`."""

    __match_args__: Final = ("argv", "env", "timeout")
    @property
    def argv(self) -> list[str]:
        """The program and its arguments."""
    @property
    def env(self) -> dict[str, str]:
        """Variables to add to those that the host has."""
    @property
    def timeout(self) -> float:
        """Seconds after which it is ended."""
    @property
    def max_bytes(self) -> int:
        """The most bytes of standard output, and of standard error, that will be taken."""

@final
class Prompt:
    """Wants something of a person: answer with what they typed; with `""` where only something is shown."""

    __match_args__: Final = ("kind", "serial", "message")
    @property
    def kind(self) -> str:
        """`mfa`: a one-time code; `sign_in`: a page to open, nothing is typed; `authorization_code`: the code that
        such a page shows at its end.
        """
    @property
    def serial(self) -> str | None:
        """The serial number or ARN of the MFA device."""
    @property
    def message(self) -> str:
        """The line to show."""
    @property
    def page(self) -> str | None:
        """The page to open, of a kind that has one."""

@final
class Listen:
    """Wants one redirect taken on a loopback port: answer with `ListenReply` or `ListenFailure`."""

    __match_args__: Final = ("page", "path", "timeout")
    @property
    def page(self) -> str:
        """The page to open; each `{port}` in it stands for the port that is listened on."""
    @property
    def path(self) -> str:
        """The path that the redirect comes to."""
    @property
    def timeout(self) -> float:
        """Seconds after which to give up."""

@final
class Sign:
    """Wants a signature with a key that the host holds: answer with its bytes, or `SignFailure`."""

    __match_args__: Final = ("key", "algorithm", "message")
    @property
    def key(self) -> str:
        """The key, by the name that the configuration gives it."""
    @property
    def algorithm(self) -> str:
        """`rsa_pkcs1_sha256`, `ecdsa_sha256_der`, `hmac_sha256` or `es256`."""
    @property
    def message(self) -> bytes:
        """What; the host hashes it."""

@final
class Custom:
    """Wants the credentials of a source of the host's own (`custom:<name>` in the order): answer with `Credentials`,
    with `None` if it holds none, or with `CustomFailure`.
    """
    __match_args__: Final = ("name",)
    @property
    def name(self) -> str:
        """Which source, by the name that the order gives it."""

@final
class Wait:
    """Wants time to pass: answer with `True` afterwards, or decline, and the source gives up."""

    __match_args__: Final = ("seconds",)
    @property
    def seconds(self) -> float:
        """How long."""

@final
class HttpReply:
    """What came back for an HTTP request, whatever its status."""
    def __new__(cls, status: int, headers: _Headers | None = None, body: Buffer | None = None) -> HttpReply: ...
    @property
    def status(self) -> int:
        """The status."""

@final
class HttpFailure:
    """Why there is no reply at all."""
    def __new__(cls, reason: str, message: str = "") -> HttpFailure: ...
    @property
    def reason(self) -> str:
        """The sort."""
    @property
    def message(self) -> str:
        """In one line, for a person."""

@final
class ProcessReply:
    """How a program ended, and what it said."""
    def __new__(cls, code: int, stdout: Buffer | None = None, stderr: Buffer | None = None) -> ProcessReply: ...
    @property
    def code(self) -> int:
        """The exit status."""

@final
class ListenReply:
    """The redirect that arrived."""
    def __new__(cls, port: int, query: str) -> ListenReply: ...
    @property
    def port(self) -> int:
        """The port."""

@final
class FileFailure:
    """Why a file could not be read, written, listed, removed or locked."""
    def __new__(cls, reason: str) -> FileFailure: ...
    @property
    def reason(self) -> str:
        """In one line, for a person."""

@final
class ProcessFailure:
    """Why a program gave no answer: it could not be started, ran too long or said too much."""
    def __new__(cls, reason: str) -> ProcessFailure: ...
    @property
    def reason(self) -> str:
        """In one line, for a person."""

@final
class ListenFailure:
    """Why no redirect came."""
    def __new__(cls, reason: str) -> ListenFailure: ...
    @property
    def reason(self) -> str:
        """In one line, for a person."""

@final
class SignFailure:
    """Why there is no signature."""
    def __new__(cls, reason: str) -> SignFailure: ...
    @property
    def reason(self) -> str:
        """In one line, for a person."""

@final
class CustomFailure:
    """Why a source of the host's own gave nothing, though it should have."""
    def __new__(cls, reason: str) -> CustomFailure: ...
    @property
    def reason(self) -> str:
        """In one line, for a person."""

@final
class Profiles:
    """Everything that the config and the credentials file say, merged."""
    @property
    def profiles(self) -> dict[str, dict[str, str | dict[str, str]]]:
        """Each profile by name: a dict of its properties."""
    @property
    def sso_sessions(self) -> dict[str, dict[str, str | dict[str, str]]]:
        """Each `[sso-session]` by name."""
    @property
    def services(self) -> dict[str, dict[str, str | dict[str, str]]]:
        """Each `[services]` section by name."""
    @property
    def warnings(self) -> list[str]:
        """What was passed over, each a line with its file and number."""

@final
class Plan:
    """What a profile leads to: where the first credentials come from, and which roles follow."""
    @property
    def profile(self) -> str:
        """The profile that was selected."""
    @property
    def steps(self) -> list[PlanStep]:
        """The steps in order: the first credentials, then each role."""
    @property
    def prompts(self) -> list[str]:
        """The MFA devices whose codes will be asked for, in order."""
    @property
    def durations(self) -> list[int]:
        """How many seconds the session of each role will last, in order."""
    @property
    def warnings(self) -> list[str]:
        """What a person should know before relying on it."""
    @property
    def may_need_sign_in(self) -> bool:
        """Whether a person may have to sign in with a browser."""
    @property
    def lasts(self) -> int | None:
        """How many seconds the last session will last as things are configured; `None` where the credentials do not
        end, or nobody can tell.
        """
    @property
    def longest(self) -> int | None:
        """How many seconds it can last at most; `None` likewise."""
    def json(self) -> str:
        """The plan as JSON, with external ids masked."""
    def graph(self) -> str:
        """The plan as a graph in Graphviz's language: `dot -Tsvg` draws it."""

@final
class PlanStep:
    """One step of a plan."""
    @property
    def kind(self) -> str:
        """`keys`, `environment`, `imds`, `container`, `web-identity`, `sso`, `login`, `process` or `assume-role`."""
    @property
    def profile(self) -> str:
        """The profile that says so."""
    @property
    def long_lived(self) -> bool | None:
        """Whether these are keys that do not end by themselves; `None` where nobody can tell beforehand."""
    @property
    def role_arn(self) -> str | None:
        """The role, of a step that assumes one."""
    @property
    def external_id(self) -> str | None:
        """The external id that will be sent."""
    @property
    def session_name(self) -> str | None:
        """What the session will be called, if the profile says."""
    @property
    def mfa_serial(self) -> str | None:
        """The MFA device whose code will be asked for."""
    @property
    def duration(self) -> int | None:
        """How many seconds the role's session will last."""
    @property
    def one_hour_cap(self) -> bool:
        """Whether AWS gives one hour at most, since a role is assumed with another role's session."""

@final
class Partition:
    """A partition of AWS: a set of regions with an own identity system and own DNS suffixes."""
    @property
    def id(self) -> str:
        """The name that stands second in every ARN: `aws`, `aws-cn`, `aws-us-gov` and so on."""
    @property
    def dns_suffix(self) -> str:
        """What the hosts of its APIs end in."""
    @property
    def dual_stack_suffix(self) -> str:
        """What its dual-stack hosts end in."""
    @property
    def web_domain(self) -> str:
        """What the hosts of its console and its sign-in end in."""
    @property
    def implicit_region(self) -> str:
        """The region that global services sign for, where a service has no rule of its own."""
    @property
    def regions(self) -> list[str]:
        """The regions that are known by name; `partition` finds others by their pattern."""

@final
class Location:
    """Where a service is, and what a request to it is signed for."""
    @property
    def host(self) -> str:
        """The host."""
    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
    @property
    def signing_name(self) -> str:
        """The service name of the credential scope."""
    @property
    def signing_region(self) -> str:
        """The region of the credential scope."""
    @property
    def signing_region_set(self) -> list[str] | None:
        """The region set to sign for with SigV4A, where the service prefers that."""

@final
class Endpoint:
    """What a host of AWS's says."""
    @property
    def host(self) -> str:
        """The host name, lower case, without port."""
    @property
    def prefix(self) -> str:
        """The labels that name the service (`dynamodb`, `api.ecr`), without marks of FIPS or dual stack."""
    @property
    def services(self) -> list[str]:
        """The service models that are reached there, as botocore names them; none where the host is no service's own."""
    @property
    def signing_names(self) -> list[str]:
        """The service names that a credential scope may have, the usual one first."""
    @property
    def region(self) -> str | None:
        """The region, where the host allows one only."""
    @property
    def regions(self) -> list[str]:
        """The regions that a credential scope may name; empty if it may name any of the partition's."""
    @property
    def partition(self) -> Partition | None:
        """The partition that the host lies in."""
    @property
    def kind(self) -> str:
        """Who stands behind it: `service`, `opaque` (AWS's own, but not signed for), `customer`, `private-link` or
        `web` (console and sign-in).
        """
    @property
    def style(self) -> str:
        """What the host says beside service and region: `path` (nothing), `virtual-host`, `access-point`, `express`,
        `account` or `labelled`.
        """
    @property
    def bucket(self) -> str | None:
        """The bucket or access point that the host names."""
    @property
    def account(self) -> str | None:
        """The account that the host names."""
    @property
    def fips(self) -> bool:
        """Whether it is marked as a FIPS endpoint."""
    @property
    def dual_stack(self) -> bool:
        """Whether it answers over IPv6 as well."""
    def accepts(self, region: str, service: str) -> bool:
        """Whether a credential scope is one that this host takes."""

@final
class StsReply:
    """What an operation of STS answered with. Its text is shown nowhere but by `get` and the attributes."""
    @property
    def operation(self) -> str:
        """`AssumeRole` and so on."""
    @property
    def credentials(self) -> Credentials | None:
        """The session's keys, of an operation that gives one."""
    @property
    def arn(self) -> str | None:
        """The ARN of the session, the federated user or the caller."""
    @property
    def account_id(self) -> str | None:
        """The account of the session, the caller or the key."""
    @property
    def packed_policy_size(self) -> int | None:
        """How much of the room for policies and tags is used, in per cent."""
    @property
    def request_id(self) -> str | None:
        """The request's number, which AWS's support asks for."""
    def get(self, path: str) -> str | None:
        """The text of a member of the result, by its path: `AssumedRoleUser/Arn`, `SourceIdentity`, `DecodedMessage`."""

@final
class ConsoleLink:
    """A way into the console: whoever opens its URL is signed in, so keep it as you keep a password."""
    @property
    def url(self) -> str:
        """What to open."""
    @property
    def expires_at(self) -> float:
        """Until when it can be used, in seconds since the epoch."""
    @property
    def session_ends_at(self) -> float | None:
        """Until when the console stays open; `None` if only AWS knows."""
    @property
    def arn(self) -> str | None:
        """Whose session it is, where a role was assumed or a user federated."""

@final
class Redactor:
    """Hides secrets that it has learned, in any encoding, and others by their shape."""
    def __new__(
        cls, *, mask_key_ids: bool = False, tag_key: _Text | None = None, neutralize: bool = False
    ) -> Redactor: ...
    def learn(self, secret: Credentials | _Text, name: str = "secret") -> None:
        """Learns credentials, or one secret (text or bytes) that `[name]` will stand for.

        Raises `InputError` for a secret of fewer than 8 or more than 16384 bytes, which is not learned.
        """
    def forget(self, secret: Credentials | _Text) -> None:
        """Forgets what `learn` learned of these, as often as it was learned."""
    def forget_expired(self, now: _Time | None = None) -> None:
        """Forgets the credentials that have expired by `now`, however often they were learned: what opens nothing any
        more need not be looked for.
        """
    @overload
    def redact(self, text: str) -> str:
        """Hides every secret in a text; bytes come back as bytes."""
    @overload
    def redact(self, text: Buffer) -> bytes: ...
    @overload
    def header(self, name: str, value: str) -> str:
        """Hides what is secret in the value of a header field, which its name decides too."""
    @overload
    def header(self, name: str, value: Buffer) -> bytes: ...
    @overload
    def field(self, name: str, value: str) -> str:
        """Hides what is secret in the value of a field of this name, such as an entry of a dict."""
    @overload
    def field(self, name: str, value: Buffer) -> bytes: ...
    @overload
    def target(self, target: str) -> str:
        """Hides what is secret in a request target or a URL."""
    @overload
    def target(self, target: Buffer) -> bytes: ...
    @overload
    def query(self, query: str) -> str:
        """Hides what is secret in a query string without its `?`, or in a form body."""
    @overload
    def query(self, query: Buffer) -> bytes: ...
    def stream(self) -> RedactStream:
        """Redacts what arrives in pieces, with the secrets that are known now."""
    def search(self, data: _Text) -> list[tuple[str, str, int, int]]:
        """Tells where learned secrets appear in bytes: (name, encoding, start, end) each. For tests of logs."""

@final
class RedactStream:
    """Redacts a text that arrives in pieces; however it is cut, the output is the same."""
    @overload
    def push(self, data: str) -> str:
        """Takes the next piece, text or bytes, and gives what can be said so far, as the same."""
    @overload
    def push(self, data: Buffer) -> bytes: ...
    def finish(self) -> str | bytes:
        """Gives the rest. What was held back at the end is judged as the end of the text."""

@final
class Identity:
    """Who asks, and for what: one subject using one role of one application. `traits` are what an identity provider
    says of the subject, names with a text or a list of texts each; `session` is what the key can be revoked by.
    """
    def __new__(
        cls,
        subject: str,
        application: str,
        role: str,
        *,
        traits: Mapping[str, str | Sequence[str]] | None = None,
        session: str | None = None,
    ) -> Identity: ...
    @property
    def subject(self) -> str:
        """The person, job or agent."""
    @property
    def application(self) -> str:
        """The application that the role is one of."""
    @property
    def role(self) -> str:
        """The role: the name that the application has for it, its ARN, or its name at AWS."""
    @property
    def traits(self) -> dict[str, list[str]]:
        """What is said of the subject."""
    @property
    def session(self) -> str | None:
        """The session that it is revoked by, if there is one."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class GatewayKeys:
    """The keys of a gateway: the one with the highest number seals, all of them open. `text` is what a file of keys
    holds, a line each as `new_key` makes them; lines that begin with `#` say nothing.

    Raises `InputError` with the number of the line that is no key.
    """
    def __new__(cls, text: _Text) -> GatewayKeys: ...
    @property
    def newest(self) -> int:
        """The number of the key that seals."""

@final
class Claims:
    """What a placeholder says of its holder. What is allowed, it does not say: that is decided anew for each request."""
    @property
    def identity(self) -> Identity:
        """Who uses it, and for what."""
    @property
    def issued_at(self) -> float:
        """When it was made, in seconds since the epoch."""
    @property
    def expires_at(self) -> float:
        """From when it is no longer taken, in seconds since the epoch."""
    @property
    def signed_in(self) -> dict[str, str]:
        """How the subject signed in."""
    @property
    def purpose(self) -> str:
        """`issued`, or `chained`: it stands for credentials that AWS gave in reply to a request through the gateway."""
    @property
    def credentials(self) -> Credentials | None:
        """Of a chained one: the credentials of AWS's that it stands for."""
    @property
    def roles(self) -> list[str]:
        """Of a chained one: the roles that the client assumed to get there, in order."""
    @property
    def root(self) -> str | None:
        """Of a chained one: the key id of the placeholder that was issued, at the beginning."""

def new_key(number: int = 1, *, random: Buffer | None = None) -> str:
    """A new key for a gateway, as the line of a file of keys: whoever has it can make placeholders. `number` is what
    key ids name it by, from 0 to 65535: one above those in use, so that this one seals from then on. `random` is
    32 bytes of a cryptographic generator, `None` takes them from `os.urandom`.
    """
def mint_placeholder(
    keys: GatewayKeys,
    identity: Identity,
    lifetime: _Duration,
    now: _Time | None = None,
    *,
    signed_in: Mapping[str, str] | None = None,
    seed: Buffer | None = None,
) -> Credentials:
    """Makes a placeholder: credentials that say for whom and for what they are, and that only holders of the same
    keys can open. They are not AWS's, and are worth nothing without the gateway.

    `lifetime` is seconds or a timedelta. `signed_in` says how the subject signed in (`{"mfa": "true"}`). `seed` is
    32 random bytes, `None` takes them from `os.urandom`. Raises `InputError` for a name that is empty or too long,
    and for claims that do not fit into a session token.
    """
def client_env(
    credentials: Credentials,
    address: str,
    env: Mapping[str, str],
    *,
    connect: bool = False,
    region: str | None = None,
    ca_file: str | None = None,
    bundle_file: str | None = None,
) -> dict[str, str | None]:
    """What an unmodified AWS client is told through its environment, so that it works through a gateway with a
    placeholder, and nothing that it finds elsewhere takes the placeholder's place: variables to set, and with
    `None` those to unset.

    `address` is the gateway's host and port: the client's endpoint URL, or with `connect` its HTTPS proxy;
    `ca_file` and `bundle_file` then name the gateway's certificate, alone and with the system's roots. `env` is
    the environment that the client would have.
    """
def open_placeholder(keys: GatewayKeys, access_key_id: str, session_token: _Text) -> Claims | None:
    """Reads what a placeholder says from its session token; `None` if the two do not belong together, or none of the
    keys made them. Whoever shows a token has not proven to hold the secret: a signature does that. Expiry and
    revocation are for the caller to look at.
    """

@final
class Revocations:
    """The revocations in force. One list may be given to several gateways, and be added to while they judge by it."""
    def __new__(cls) -> Revocations: ...
    def revoke(
        self,
        *,
        key_id: str | None = None,
        session: str | None = None,
        subject: str | None = None,
        issued_until: _Time | None = None,
        until: _Time,
        now: _Time | None = None,
    ) -> None:
        """Revokes, and what was chained from it too: one placeholder (`key_id`), all of a `session`, all that a
        `subject` was issued until `issued_until` (`None`: now), or, with `issued_until` alone, all that was sealed
        until then. `until` is when everything that it concerns has expired by itself: it is then forgotten. Times
        are seconds since the epoch or aware datetimes. Raises `LimitError` if ten thousand are in force; nothing
        was revoked then.
        """
    def restore(
        self,
        *,
        key_id: str | None = None,
        session: str | None = None,
        subject: str | None = None,
        now: _Time | None = None,
    ) -> bool:
        """Takes back what is in force of a key id, a session or a subject. Says whether there was anything."""
    def in_force(self, now: _Time | None = None) -> list[tuple[str, str | None, float | None, float]]:
        """What is in force: the sort (`key_id`, `session`, `subject`, `issued_until`), the name, up to when of issue,
        and until when it is remembered.
        """

@final
class Store:
    """Placeholders that are kept rather than sealed: `Credentials` of one's own making, and whom they stand for. One
    store may be given to several gateways, and change while they judge by it.
    """
    def __new__(cls) -> Store: ...
    def put(self, credentials: Credentials, identity: Identity) -> bool:
        """Adds a placeholder: its key id and secret, with the session token and the end that it has. Raises
        `InputError` for a key id that is no client's to sign with: 16 to 128 letters, digits and `_+=/.-`. Says
        whether one of that key id was there, whose place it takes.
        """
    def remove(self, access_key_id: str) -> bool:
        """Takes one away: requests that it signs are refused from now on. Says whether it was there."""
    def __contains__(self, access_key_id: str, /) -> bool: ...

@final
class Rules:
    """Who may use which role, and for what; decided anew each time. Checked to be whole: what is read can be decided
    by.
    """
    @staticmethod
    def parse(rules: dict[str, Any] | str | bytes) -> Rules:
        """Reads rules: a dict of the tables `application`, `role`, `subject`, `group`, `mapping`, `grant` and `guard`
        and the list `guards`, in the shape that the gateway's configuration file has for them (as `tomllib` or
        `json` read it), or the same as JSON.

        Raises `ConfigError`; its `faults` name every key that is wrong.
        """
    def decide(
        self,
        identity: Identity,
        region: str,
        operation: Operation | None = None,
        *,
        service: str | None = None,
        partition: str | None = None,
        host: str | None = None,
        customer_host: bool = False,
        now: _Time | None = None,
    ) -> AccessDecision:
        """Decides whether that one may do this, and with what.

        `region` is that of the request's credential scope; `service` is its signing name, `None` that of the
        operation. Without an `operation` (`identify` gives one) whatever has a guard is denied. `partition` is
        that of the host (`aws`), `None` where the host is none of AWS's; `host` is where the request goes,
        `customer_host` whether that is a customer's own, which its application must name.
        """
    def role_of(self, identity: Identity, now: _Time | None = None) -> str:
        """The ARN of the AWS role that this one would use, whatever for: to be asked before a placeholder is minted.
        Raises `DeniedError` with the operator's reason.
        """
    def may_assume(self, identity: Identity, role_arn: str, now: _Time | None = None) -> str:
        """Whether this one may assume a role that it names itself, with the credentials that it has; gives the rule.
        Raises `DeniedError` with the operator's reason.
        """
    @property
    def applications(self) -> list[str]:
        """The names of the applications."""
    def __eq__(self, other: object, /) -> bool: ...

def session_name_of(subject: str) -> str:
    """A session name for a subject: its own name where STS takes it, otherwise as much of it as fits, and a digest of
    the whole, so that two subjects never share one.
    """

@final
class AccessDecision:
    """What was decided; true if it is allowed. Two are equal if the same credentials serve both, so that a decision
    is the key of a cache of credentials: no two subjects ever share one.
    """
    @property
    def allowed(self) -> bool:
        """Whether it is allowed."""
    @property
    def denial(self) -> str | None:
        """The stable name of why it is denied, such as `role-not-allowed`."""
    @property
    def reason(self) -> str | None:
        """Why it is denied, for the operator; the client is to learn no more than that it is."""
    @property
    def rule(self) -> str | None:
        """The rule that allowed it."""
    @property
    def identity(self) -> Identity | None:
        """Who it was granted to."""
    @property
    def role(self) -> str | None:
        """The ARN of the AWS role that requests are signed with."""
    @property
    def role_chain(self) -> list[str]:
        """The ARNs of the roles on the way to it and it, in order."""
    @property
    def source(self) -> str | None:
        """The name of the credential source that the first role is assumed with."""
    @property
    def assume(self) -> list[Role]:
        """The roles to assume after the source, with everything that STS is told: `resolve(assume=decision.assume)`.

        Raises `ConfigError` if the session policy is one that STS would not take.
        """
    @property
    def session_name(self) -> str | None:
        """The session name at each of the roles."""
    @property
    def source_identity(self) -> str | None:
        """Who stands behind the sessions, kept through further roles."""
    @property
    def tags(self) -> list[tuple[str, str]]:
        """What the sessions are tagged with."""
    @property
    def transitive_tag_keys(self) -> list[str]:
        """The keys of the tags that go on to further roles."""
    @property
    def session_policy(self) -> str | None:
        """The policy, as JSON, that narrows the session of the last role.

        Raises `ConfigError` if it is one that STS would not take.
        """
    @property
    def session_policy_arns(self) -> list[str]:
        """The managed policies that narrow it likewise."""
    @property
    def duration(self) -> int | None:
        """How long the sessions last, in seconds."""
    @property
    def max_duration(self) -> int | None:
        """The longest session that the subject may ask STS for with it, in seconds."""
    @property
    def approval(self) -> tuple[str, str] | None:
        """Who approved it and why, where it was given for a time."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Record:
    """The record of one event: a request through a gateway makes its own. There is no field for a header, a body or a
    secret; what a client wrote is shown with what is secret in it hidden.

    Made by hand, it is of something that the host does itself. `event` is `request`, `tunnel`, `console`,
    `placeholder`, `connection`, `change` or `gap`; `id` is a name of its own, `None` makes one; `source` is the
    address of who asked. What else is known of it are keywords: `subject`, `application`, `role_name`, `role`,
    `session_name`, `approved_by`, `approval_reason`, `service`, `region`, `operation`, `upstream`, `rule`,
    `access_key_id`, `host`, `method`, `target`, `reason` (texts), `allowed`, `expires` (a time) and `lost` (a
    number of lines).
    """
    def __new__(
        cls,
        event: str,
        *,
        id: str | None = None,
        now: _Time | None = None,
        source: _Text | tuple[Any, ...] | None = None,
        **known: Any,
    ) -> Record: ...
    @property
    def id(self) -> str:
        """The name of the event among others; a refusal carries it as the number of the request."""
    @property
    def event(self) -> str:
        """What happened: `request` and so on."""
    @property
    def allowed(self) -> bool | None:
        """Whether it was allowed; `None` while nothing is decided."""
    @property
    def error(self) -> str | None:
        """The stable name of what was wrong."""
    @property
    def rule(self) -> str | None:
        """The rule that decided."""
    def complete(
        self,
        status: int,
        now: _Time | None = None,
        *,
        bytes_in: int | None = None,
        bytes_out: int | None = None,
    ) -> None:
        """Notes how it ended: the status that the client was answered with, how long it took, and the bytes of the
        request's and the answer's body where they are given.
        """
    def line(self, phase: str = "end", *, format: str = "plain") -> str:
        """The record as one line of JSON in ASCII, without the line break: `begin` before anything is done, `end`
        when all is. `format` is `plain` or `ocsf` (API Activity of the Open Cybersecurity Schema Framework).
        """

@final
class AuditChain:
    """A log whose lines are linked: each carries its number and the hash of the one before it, so that none is
    altered, removed or put in unseen. Its lines are to be written in the order in which it gives them.

    From the beginning, or on from the last line of a log (text or bytes, without its line break). Raises
    `InputError` if that line carries no link.
    """
    def __new__(cls, last_line: _Text | None = None) -> AuditChain: ...
    def line(self, record: Record, phase: str = "end", *, format: str = "plain") -> str:
        """The next line of the log, without the line break."""
    def take_back(self, line: str) -> None:
        """Takes the last line back, which could not be written: the next one is linked to the one before it. Raises
        `InputError` if another was given since.
        """
    @property
    def head(self) -> str:
        """The hash of the last line, to be noted elsewhere."""

@final
class AuditVerifier:
    """Reads the lines of a chain in order, over as many files as it has, and says where it does not hold.

    From the beginning of a chain, or after a line that is not at hand any more, by its hash; `noted` is a hash
    that was noted earlier, which a line must still have. Both in hexadecimal.
    """
    def __new__(cls, *, after: str | None = None, noted: str | None = None) -> AuditVerifier: ...
    def line(self, line: _Text) -> str | None:
        """The next line, text or bytes, without its line break: what is wrong, or `None`."""
    def unended(self) -> str:
        """The next and last line of a file, if it has no line break: what is wrong with that."""
    def finish(self) -> str | None:
        """After the last line: what is missing, or `None`."""
    @property
    def lines(self) -> int:
        """How many lines were read."""
    @property
    def head(self) -> str:
        """The hash of the last line of the chain, to be noted."""

@final
class Gateway:
    """A gateway: what a request must be like, who may do what, and which placeholders there are. It is shared by all
    requests and never changes; to change the rules, make another.

    `keys` open sealed placeholders, and seal the credentials that AWS's replies carry; `placeholders` are those
    for clients that can carry no session token: pairs of `Credentials` and `Identity`, or a `placeholder.Store` of
    them, which may change. One of the two at least.

    `policy` is what a signature must be like; without one, SigV4A is refused. `endpoints` are hosts beside AWS's
    own (a name or `*.` and a name, or `(host, service, region)` with `None` for any), `customer_hosts` those of
    AWS's customers that every application may use. `credential_replies` says what becomes of replies that carry
    credentials, by `service:Operation`: `virtualise`, `pass` or `deny`. `unsigned` are operations that need no
    signature, each alone or as a pair with the `Identity` that calls it. `foreign_presigned` lets presigned URLs
    of other keys pass for reading. `replay_times` is how often one signature is taken, of the `replay_remember`
    last ones; `None` does not look. `strict_headers` drops headers that the client did not sign.
    `trailer_checksums` has the checksums in the trailers of bodies checked on the way, as the service does.
    `plain_unsigned_bodies` takes bodies that nobody signed from requests that came by plain HTTP, too (`admit`'s
    `plain`). `body_limit` is how many bytes of a body may be held, `target_limit` and `headers_limit` how many a
    target and all headers may have, `fields_limit` and `signed_headers_limit` how many headers there may be, and
    how many of them signed. `restrictions` are callables that are asked of what all other rules allow, with an
    `access.Question`: one that gives a text denies it, as the rule of that name in the record, and `None` lets it
    be; what one raises is raised unchanged, and denies as well. `before` is the gateway that this one takes the
    place of: what it saw of signatures counts on.
    """
    def __new__(
        cls,
        rules: Rules,
        keys: GatewayKeys | None = None,
        *,
        placeholders: Store | Iterable[tuple[Credentials, Identity]] | None = None,
        revocations: Revocations | None = None,
        policy: Policy | None = None,
        endpoints: Iterable[str | tuple[str, str | None, str | None]] | None = None,
        customer_hosts: Iterable[str] | None = None,
        credential_replies: Mapping[str, str] | None = None,
        unsigned: Iterable[str | tuple[str, Identity]] | None = None,
        foreign_presigned: bool = False,
        replay_times: int | None = None,
        replay_remember: int = 100_000,
        strict_headers: bool = False,
        trailer_checksums: bool = True,
        plain_unsigned_bodies: bool = False,
        body_limit: int | None = None,
        target_limit: int | None = None,
        headers_limit: int | None = None,
        fields_limit: int | None = None,
        signed_headers_limit: int | None = None,
        restrictions: Iterable[Callable[[AccessQuestion], str | None]] | None = None,
        before: Gateway | None = None,
    ) -> Gateway: ...
    def admit(
        self,
        method: str,
        target: _Text,
        headers: _Headers | None = None,
        *,
        peer: _Text | tuple[Any, ...] | None = None,
        now: _Time | None = None,
        id: str | None = None,
        connect: _Text | None = None,
        server_name: _Text | None = None,
        plain: bool = False,
        http2: bool = False,
        authority: _Text | None = None,
        ended: bool = False,
    ) -> Admitted:
        """Looks at the head of a request: is it well formed, whose key does it name, where does it go? Nothing of the
        body is needed yet.

        `target` and `headers` are as they came, text or bytes. A client that was given the gateway as its endpoint
        URL needs no more, but for `plain`: that it came by plain HTTP at an address, where others could change it
        on the way, so that a body which nobody signed is refused. Of one that came through CONNECT and a TLS
        session that ended here, `connect` is the authority that CONNECT named and `server_name` the one of the
        session. `http2` says that it came over HTTP/2, with its `authority`, and `ended` that no body follows.
        `peer` is the client's address, or what a socket gives for it; `id` is the name of the request, `None`
        makes one. Raises `RefusedError`, whose `reply` is for the client.
        """
    def open_console(
        self,
        access_key_id: str,
        session_token: _Text | None = None,
        *,
        peer: _Text | tuple[Any, ...] | None = None,
        now: _Time | None = None,
        id: str | None = None,
    ) -> ConsoleGrant:
        """Whether whoever holds a placeholder may open the console: a whole session, whose requests never pass the
        gateway, so that the rules must lose nothing by it, and every restriction is asked of the service `signin`.

        Whoever shows a key id and a token has not proven to hold the secret: a request that was signed, or the
        host's own sign-in, does that. Raises `RefusedError`, whose `record` is of the event `console`.
        """
    def destination(self, host: _Text) -> str:
        """What becomes of a host that a client asks a connection to with CONNECT: `intercept` (an API that requests
        are signed for: end the TLS session here), `opaque` (one of AWS's that signs in its own way: pass its
        bytes), `foreign` (none of AWS's APIs) or `refused`. Raises `InputError` for what is no host name;
        addresses are none.
        """

@final
class ConsoleGrant:
    """Leave to open the console with a role: of the credentials that `resolve(assume=grant.decision.assume)` gives,
    `console_url` makes the link.
    """
    @property
    def decision(self) -> AccessDecision:
        """The roles to open it with, and everything that STS is told of the session."""
    @property
    def longest(self) -> float | None:
        """How many seconds the console may stay open at most: what the application allows and what is left of the
        placeholder; `None`: no rule bounds it.
        """
    @property
    def record(self) -> Record:
        """What is to be written into the log."""

@final
class AccessQuestion:
    """What a restriction is asked: a request that all other rules allow."""
    @property
    def decision(self) -> AccessDecision:
        """What the other rules grant, and to whom."""
    @property
    def operation(self) -> Operation | None:
        """What is asked for; `None` where it cannot be told, as for the console."""
    @property
    def service(self) -> str:
        """The signing name; `signin` for the console."""
    @property
    def region(self) -> str:
        """The region of the credential scope."""
    @property
    def partition(self) -> str | None:
        """The partition of the host; `None` where that is none of AWS's."""
    @property
    def host(self) -> str | None:
        """Where it goes, if that is told."""
    @property
    def customer_host(self) -> bool:
        """Whether that is a customer's own, which the application names."""
    @property
    def now(self) -> float:
        """When it came, in seconds since the epoch."""
    @property
    def source(self) -> str | None:
        """The address that it came from, if that is known."""
    @property
    def signed_in(self) -> dict[str, str]:
        """How the subject signed in, as the placeholder says it."""

@final
class Admitted:
    """A request that names a known key and a place to go, not yet proven."""
    def prove(self, body: Buffer | None = None, now: _Time | None = None) -> Proven:
        """Proves the signature, and decides. Serves once.

        `body` is the whole body where `body_plan` is `hold`, and `None` otherwise. Raises `RefusedError`.
        """
    @property
    def body_plan(self) -> str:
        """How the body is to be brought: `empty`, `stream` (it flows, and is checked on the way) or `hold` (the whole
        of it is needed to prove the request).
        """
    @property
    def body_limit(self) -> int | None:
        """The most bytes of a body that is held."""
    @property
    def access_key_id(self) -> str | None:
        """The key id that the request names; `None` where it names none. Nothing is proven yet."""
    @property
    def service(self) -> str | None:
        """The signing name that the request names."""
    @property
    def region(self) -> str | None:
        """The region that the request names, or the region set of SigV4A."""
    @property
    def protocol(self) -> str:
        """What the client speaks: `json-1.0`, `s3` and so on."""
    @property
    def record(self) -> Record:
        """What is to be written into the log."""
    def refuse(self, why: str | BaseException, detail: str | None = None) -> RefusedError:
        """The exception for a request that the host itself refuses, to be raised or answered with its `reply`. `why`
        is a name (`busy`, `throttled`, `malformed`, `audit-unavailable` …) or an exception that the host met;
        `detail` is for the operator.
        """

@final
class Proven:
    """A request whose signature is right, and which is allowed; or one that a rule lets pass without."""
    def resign(self, credentials: Credentials | None = None, now: _Time | None = None) -> Forward:
        """Signs the request again, once, and gives it as it goes on.

        `credentials` are those of the role that was decided on, where `needs` is `role`; none are given otherwise.
        The record's `begin` line is to be written before. Raises `RefusedError`.
        """
    @property
    def access_key_id(self) -> str | None:
        """The key id that signed; `None` where nobody did."""
    @property
    def operation(self) -> Operation:
        """What it asks for."""
    @property
    def decision(self) -> AccessDecision | None:
        """What was decided, with the role and all that its session is made of; `None` where the request goes on as it
        is.
        """
    @property
    def needs(self) -> str:
        """What it is signed with: the credentials of the `role`, those that its placeholder has `sealed` (the gateway
        has them), or `nothing`.
        """
    @property
    def host(self) -> str:
        """Where it goes, as the `Host` header will say it."""
    @property
    def record(self) -> Record:
        """What is to be written into the log."""
    def refuse(self, why: str | BaseException, detail: str | None = None) -> RefusedError:
        """The exception for a request that the host itself refuses, to be raised or answered with its `reply`. `why`
        is a name (`denied`, `throttled`, `assume-denied`, `credentials-unavailable`, `audit-unavailable` …) or an
        exception that the host met, such as the one of a credential source; `detail` is for the operator.
        """

@final
class Forward:
    """A request as it goes on to the service: the complete head, and the body or the way for it."""
    @property
    def method(self) -> str:
        """The method."""
    @property
    def target(self) -> str:
        """The target in origin form, as text of one byte a character."""
    @property
    def host(self) -> str:
        """The host that it goes to, as the `Host` header says it."""
    @property
    def url(self) -> str:
        """Where to send it, over TLS: host and target."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers to send, in order, as text of one byte a character."""
    @property
    def content(self) -> bytes | None:
        """The whole body to send, where it was held or there is none; `None` where it flows."""
    def body(self) -> BodyResigner:
        """The way for a body that flows, once: push what the client sends, send what comes out. Where `content` is
        there, that is the body.
        """
    def replaces(self, status: int) -> bool:
        """Whether an answer of that status carries credentials: it is to be held (`reply_limit` bytes at most) and
        brought to `filter` whole. The body of any other may flow.
        """
    @property
    def reply_limit(self) -> int | None:
        """The most bytes of an answer that is held; a longer one is not passed on."""
    @overload
    def filter(
        self,
        status: int,
        headers: _Headers | None = None,
        body: None = None,
        *,
        now: _Time | None = None,
        seed: Buffer | None = None,
    ) -> tuple[int, list[tuple[str, str]], None]:
        """The service's answer as the client gets it: `(status, headers, body)`, without what belongs to the
        connection, without cookies, and with a placeholder in the place of credentials. The body of an answer that
        does not carry any comes back as it was given, or stays `None` where it flows.

        `seed` is 32 random bytes, `None` takes them from `os.urandom`. Raises `RefusedError` for an answer that
        must not reach the client.
        """
    @overload
    def filter(
        self,
        status: int,
        headers: _Headers | None,
        body: bytes,
        *,
        now: _Time | None = None,
        seed: Buffer | None = None,
    ) -> tuple[int, list[tuple[str, str]], bytes]: ...
    @property
    def record(self) -> Record:
        """What is to be written into the log."""
    def refuse(self, why: str | BaseException, detail: str | None = None) -> RefusedError:
        """The exception for a request that comes to nothing, to be raised or answered with its `reply`. `why` is a
        name (`upstream-connect`, `upstream-timeout`, `session-expired` …) or an exception that the host met: an
        `OSError`, or the `BodyError` of the client's body. `detail` is for the operator.
        """

@final
class Throttle:
    """Counts the requests of each subject: so many a second, and so many at a time. One that was let begin is to be
    ended.

    `per_second` in the long run, `burst` at once after a pause (as many as a second allows, unless given),
    `at_once` running at the same time, `streams_at_once` open at the same time; `None` is no bound. A WebSocket is
    a stream, and none of the requests that run.
    """
    def __new__(
        cls,
        *,
        per_second: int | None = None,
        burst: int | None = None,
        at_once: int | None = None,
        streams_at_once: int | None = None,
    ) -> Throttle: ...
    def begin(self, subject: str, now: _Time | None = None, *, stream: bool = False) -> str | None:
        """Counts a request that begins, once its signature is proven. Says why it may not begin, which is then not
        counted: `raise proven.refuse("throttled", why)`. `stream` says that it becomes one.
        """
    def end(self, subject: str, *, stream: bool = False) -> None:
        """Counts a request that has ended, or with `stream` a stream."""
