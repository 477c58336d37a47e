/*
 * awsaccess: AWS credentials, role chains, SigV4 verification and re-signing, and log redaction.
 *
 * Made from the sources of bindings-c by `make header`; do not edit. Link with -lawsaccess.
 *
 * THE CONVENTIONS, once for all calls
 *
 * Names. awsaccess_<type>_<verb>. A type that only the library makes is opaque, a handle.
 *
 * Handles. A handle that a call gives belongs to the caller, who frees it with awsaccess_<type>_free. Free takes NULL.
 * A handle must not be freed while another thread uses it; apart from that, handles may be shared between threads.
 *
 * Views. An awsaccess_text, an array or a struct that a call gives points into its handle. It is good until the handle
 * is freed, or, where the call says so, until the handle goes on. Every text that comes out has a NUL behind it, which
 * its length does not count, so that it can be printed with %s (bytes may hold further NULs).
 *
 * Text. Pointer and length; no NUL is needed on the way in. {NULL, 0} is none at all. Names and messages are UTF-8.
 * Header fields, targets and bodies are bytes, taken as they are.
 *
 * Arguments. Inputs before outputs. A pointer to const is not changed by the call. A call keeps nothing that it was
 * given: all of it can go when the call returns. A call that uses a handle (it says so) leaves it good for its views
 * and for free; another use gives AWSACCESS_USED.
 *
 * Results. A call that can fail gives an awsaccess_status, AWSACCESS_OK (0) or the sort of its failure. A result is
 * written on success only; until then its place holds NULL. The last argument, an awsaccess_error **, may be NULL. If
 * it is not, it is set to NULL first, and to an error that the caller frees if the call fails. There is no error of a
 * thread, no global state and no initialisation. Calls without a status take NULL and give none, 0, NULL or false.
 *
 * Structs that grow. One that goes in begins with struct_size: set it to sizeof the struct, all that you do not use to
 * zero, and a program of today will run with the library of tomorrow. A struct that comes out may grow at its end.
 *
 * Times are seconds since 1970 (int64_t). As a call's `now`, AWSACCESS_NOW is the system's clock.
 *
 * Callbacks. The library asks nothing through them: whatever it wants to know it asks as a step
 * (awsaccess_step_question), which the caller answers in a loop. awsaccess_resolve is such a loop. The one function of
 * the caller's that is called is that which awsaccess_redactor_log hands a redacted record to.
 *
 * Panics of the library end at the call, with AWSACCESS_INTERNAL. Secrets are wiped when their handle is freed, and
 * are in no error.
 */

#ifndef AWSACCESS_H
#define AWSACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header; `awsaccess_version()` is that of the library. */
#define AWSACCESS_VERSION "0.1.0"
#define AWSACCESS_VERSION_MAJOR 0
#define AWSACCESS_VERSION_MINOR 1
#define AWSACCESS_VERSION_PATCH 0
/** To compare: `#if AWSACCESS_VERSION_NUMBER >= 0x000200` is 0.2.0 or later. */
#define AWSACCESS_VERSION_NUMBER \
    ((AWSACCESS_VERSION_MAJOR << 16) | (AWSACCESS_VERSION_MINOR << 8) | AWSACCESS_VERSION_PATCH)

/** Initialises an `awsaccess_text` with a string literal. */
#define AWSACCESS_TEXT(literal) { (literal), sizeof(literal) - 1 }
/** Initialises an `awsaccess_header` with two string literals. */
#define AWSACCESS_HEADER(name, value) { (name), sizeof(name) - 1, (value), sizeof(value) - 1 }


/**
 * As the time of a call: the system's clock.
 */
#define AWSACCESS_NOW -1

/**
 * Of credentials: they have no expiry.
 */
#define AWSACCESS_NEVER INT64_MAX

/**
 * The session token is sent and signed; what nearly all services want.
 */
#define AWSACCESS_TOKEN_SIGN 0

/**
 * It is added after signing, as AWS IoT wants it.
 */
#define AWSACCESS_TOKEN_APPEND 1

/**
 * It is not sent.
 */
#define AWSACCESS_TOKEN_OMIT 2

/**
 * It is signed under the name that sessions of S3 Express have.
 */
#define AWSACCESS_TOKEN_S3EXPRESS 3

/**
 * The task has ended; see `awsaccess_step_result`.
 */
#define AWSACCESS_ASK_NOTHING 0

/**
 * `ask.read_file`; answer with `awsaccess_step_answer_file`.
 */
#define AWSACCESS_ASK_READ_FILE 1

/**
 * `ask.write_file`; answer with `awsaccess_step_answer_done`.
 */
#define AWSACCESS_ASK_WRITE_FILE 2

/**
 * `ask.list_files`; answer with `awsaccess_step_answer_names`.
 */
#define AWSACCESS_ASK_LIST_FILES 3

/**
 * `ask.remove_file`; answer with `awsaccess_step_answer_done`.
 */
#define AWSACCESS_ASK_REMOVE_FILE 4

/**
 * `ask.lock`; answer with `awsaccess_step_answer_done`.
 */
#define AWSACCESS_ASK_LOCK 5

/**
 * `ask.http`; answer with `awsaccess_step_answer_http`.
 */
#define AWSACCESS_ASK_HTTP 6

/**
 * `ask.resolve`; answer with `awsaccess_step_answer_names`.
 */
#define AWSACCESS_ASK_RESOLVE 7

/**
 * `ask.run_process`; answer with `awsaccess_step_answer_process`.
 */
#define AWSACCESS_ASK_RUN_PROCESS 8

/**
 * `ask.prompt`; answer with `awsaccess_step_answer_text`.
 */
#define AWSACCESS_ASK_PROMPT 9

/**
 * `ask.listen`; answer with `awsaccess_step_answer_redirect`.
 */
#define AWSACCESS_ASK_LISTEN 10

/**
 * `ask.sign`; answer with `awsaccess_step_answer_text`.
 */
#define AWSACCESS_ASK_SIGN 11

/**
 * `ask.wait`; answer with `awsaccess_step_answer_done` when the time has passed.
 */
#define AWSACCESS_ASK_WAIT 12

/**
 * `ask.custom`; answer with `awsaccess_step_answer_credentials`.
 */
#define AWSACCESS_ASK_CUSTOM 13

/**
 * Use the credentials.
 */
#define AWSACCESS_USE 0

/**
 * Use the credentials; it falls to this caller to have the source asked, and to report.
 */
#define AWSACCESS_REFRESH_IN_BACKGROUND 1

/**
 * There is nothing to use; this caller asks the source, and reports.
 */
#define AWSACCESS_REFRESH_NOW 2

/**
 * Another caller asks the source: wait for its report and decide again, at `until` at the latest.
 */
#define AWSACCESS_WAIT 3

/**
 * Bytes in, bytes out, the same in number, split anywhere, in constant memory. The last byte is held back until the
 * body is shown to be the one that was signed.
 */
typedef struct awsaccess_body_resigner awsaccess_body_resigner;

/**
 * Text that a call gave.
 */
typedef struct awsaccess_buffer awsaccess_buffer;

/**
 * The credentials of one source, and what each caller does: a pure function of the time, in the scheme that AWS's SDKs
 * agreed on. It waits for nobody and asks nobody.
 */
typedef struct awsaccess_cached awsaccess_cached;

/**
 * A request that names its signer, and is not proven yet. It keeps a copy of the head, and can wait for a lookup.
 */
typedef struct awsaccess_claim awsaccess_claim;

/**
 * An access key id with its secret, and what came with it; or, in the place of the secret, a key that was derived from it
 * (`awsaccess_credentials_delegate`). The secrets are wiped when it is freed.
 */
typedef struct awsaccess_credentials awsaccess_credentials;

/**
 * A finding, and what its views point into.
 */
typedef struct awsaccess_diagnosis awsaccess_diagnosis;

/**
 * Why a call failed. It belongs to the caller, and holds no secret.
 */
typedef struct awsaccess_error awsaccess_error;

/**
 * A presigned URL or a token made of one: read, not proven.
 */
typedef struct awsaccess_offline_presign awsaccess_offline_presign;

/**
 * One whose signature is right.
 */
typedef struct awsaccess_proven_presign awsaccess_proven_presign;

/**
 * A text that arrives in pieces, being redacted.
 */
typedef struct awsaccess_redact_stream awsaccess_redact_stream;

/**
 * Hides secrets that it has learned, in any encoding, and others by their shape.
 */
typedef struct awsaccess_redactor awsaccess_redactor;

/**
 * The same text, signed with a key that the service knows. Whoever has it can use it.
 */
typedef struct awsaccess_resigned_presign awsaccess_resigned_presign;

/**
 * A request head that is ready to be sent: from `awsaccess_sign`, `awsaccess_presign` or `awsaccess_resign`.
 */
typedef struct awsaccess_signed awsaccess_signed;

/**
 * A task that stands still until it is answered. Freeing it cancels the task.
 */
typedef struct awsaccess_step awsaccess_step;

/**
 * A request whose signature is right.
 */
typedef struct awsaccess_verified awsaccess_verified;

/**
 * What a call came to: `AWSACCESS_OK`, or the sort of its failure. Numbers and names never change once released;
 * a later version may add some.
 */
typedef uint32_t awsaccess_status;

/**
 * Text, or bytes: not owned, and not ended by a NUL where it goes in. Where it comes out a NUL follows, which `len`
 * does not count. `{NULL, 0}` is none at all; a pointer with the length 0 is empty text.
 */
typedef struct awsaccess_text {
  /**
   * The first byte.
   */
  const char *data;
  /**
   * How many bytes.
   */
  size_t len;
} awsaccess_text;

/**
 * One source of credentials that was tried.
 */
typedef struct awsaccess_attempt {
  /**
   * The source: `environment`, `imds`, `assume-role`, ...
   */
  struct awsaccess_text source;
  /**
   * `not_configured`, `failed` or `ok`.
   */
  struct awsaccess_text outcome;
  /**
   * Why, in one line without a secret.
   */
  struct awsaccess_text reason;
  /**
   * How many milliseconds it took by the caller's clock.
   */
  uint64_t took_ms;
} awsaccess_attempt;

/**
 * A header field; names and values are taken as they are, byte for byte.
 */
typedef struct awsaccess_header {
  /**
   * The name.
   */
  const char *name;
  /**
   * Its length in bytes.
   */
  size_t name_len;
  /**
   * The value.
   */
  const char *value;
  /**
   * Its length in bytes.
   */
  size_t value_len;
} awsaccess_header;

/**
 * A request: its head, and its body where that is at hand.
 */
typedef struct awsaccess_request {
  /**
   * `sizeof(awsaccess_request)`.
   */
  size_t struct_size;
  /**
   * `GET`, `POST`, ...
   */
  struct awsaccess_text method;
  /**
   * The target exactly as it is on the wire, `/path?query` beside a Host header, or an absolute URL.
   */
  struct awsaccess_text target;
  /**
   * The header fields in order.
   */
  const struct awsaccess_header *headers;
  /**
   * How many.
   */
  size_t header_count;
  /**
   * To sign: the body; NULL is an empty one. A claim does not look at it.
   */
  const void *body;
  /**
   * Its length in bytes.
   */
  size_t body_len;
  /**
   * To sign: a hexadecimal SHA-256 in place of the body, or one of AWS's literals (`UNSIGNED-PAYLOAD`,
   * `STREAMING-...`). None: the body is hashed.
   */
  struct awsaccess_text payload;
} awsaccess_request;

/**
 * On, off, or as it is right by default.
 */
typedef uint32_t awsaccess_switch;

/**
 * What a signature is good for, and how the service wants it made. Zero in the later members is what is right for
 * nearly all services.
 */
typedef struct awsaccess_scope {
  /**
   * `sizeof(awsaccess_scope)`.
   */
  size_t struct_size;
  /**
   * The region, such as `eu-west-1`; or `region_set` in its place.
   */
  struct awsaccess_text region;
  /**
   * Names and patterns such as `eu-*`: signs with SigV4A.
   */
  const struct awsaccess_text *region_set;
  /**
   * How many.
   */
  size_t region_set_count;
  /**
   * The signing name, such as `s3` or `execute-api`.
   */
  struct awsaccess_text service;
  /**
   * Whether the encoded path is encoded once more. By default for all but the family of S3.
   */
  awsaccess_switch double_encode;
  /**
   * Whether dot segments and repeated slashes are normalised for signing. By default for all but the family of S3.
   */
  awsaccess_switch normalize;
  /**
   * Whether `x-amz-content-sha256` is added. By default for the family of S3, and for literals.
   */
  awsaccess_switch content_sha256_header;
  /**
   * Where the session token goes: `AWSACCESS_TOKEN_SIGN`, `_APPEND`, `_OMIT` or `_S3EXPRESS`.
   */
  uint32_t session_token;
} awsaccess_scope;

/**
 * The rules that a request must meet beside having the right signature. All zero, or NULL, is the strict default.
 */
typedef struct awsaccess_policy {
  /**
   * `sizeof(awsaccess_policy)`.
   */
  size_t struct_size;
  /**
   * How far the request's time may be from now, in seconds. 0: fifteen minutes for the family of S3, else five.
   */
  uint32_t max_skew;
  /**
   * The longest lifetime of a presigned URL, in seconds. 0: 604800.
   */
  uint32_t max_expires;
  /**
   * The region that the scope must name; none: any.
   */
  struct awsaccess_text region;
  /**
   * The signing name that the scope must name; none: any.
   */
  struct awsaccess_text service;
  /**
   * Headers that must be signed, present or not.
   */
  const struct awsaccess_text *require_signed;
  /**
   * How many.
   */
  size_t require_signed_count;
  /**
   * Headers that must be signed if the request has them.
   */
  const struct awsaccess_text *require_signed_if_present;
  /**
   * How many.
   */
  size_t require_signed_if_present_count;
  /**
   * Names of `x-amz-*` headers that need not be signed.
   */
  const struct awsaccess_text *unsigned_amz;
  /**
   * How many.
   */
  size_t unsigned_amz_count;
  /**
   * Whether every `x-amz-*` header must be signed. By default, yes.
   */
  awsaccess_switch require_amz_signed;
  /**
   * Whether `UNSIGNED-PAYLOAD` is taken from every service. By default, only where AWS's models allow it.
   */
  awsaccess_switch any_unsigned_payload;
  /**
   * Whether the `Date` header serves where `X-Amz-Date` is missing. By default, yes.
   */
  awsaccess_switch date_header;
  /**
   * Whether an unknown key and a wrong token are answered just as a wrong signature is. By default, no.
   */
  awsaccess_switch uniform_errors;
  /**
   * Whether SigV4A is taken. By default, yes.
   */
  awsaccess_switch sigv4a;
} awsaccess_policy;

/**
 * Where a request goes when it is signed again. All zero, or NULL, is the host that the client named.
 */
typedef struct awsaccess_upstream {
  /**
   * `sizeof(awsaccess_upstream)`.
   */
  size_t struct_size;
  /**
   * The host as the `Host` header says it: no default port. None: the one that the client named.
   */
  struct awsaccess_text host;
  /**
   * A prefix of the path that belongs to the listener: verified as it was sent, then taken off.
   */
  struct awsaccess_text base_path;
  /**
   * Whether ordinary headers that the client did not sign are dropped, save the few that change no meaning. By
   * default, no.
   */
  awsaccess_switch strict;
} awsaccess_upstream;

/**
 * What it says of itself.
 */
typedef struct awsaccess_presign_facts {
  /**
   * `s3`, `eks-token`, `rds-token`, `elasticache-token`, `memorydb-token`, `msk-token`, `dsql-token`, `codecommit`, or
   * `url` for a presigned URL of another service.
   */
  struct awsaccess_text kind;
  /**
   * The key id that it claims.
   */
  struct awsaccess_text access_key_id;
  /**
   * The region, or the region set of SigV4A as it is written.
   */
  struct awsaccess_text region;
  /**
   * The signing name.
   */
  struct awsaccess_text service;
  /**
   * The host that it is for, with its port.
   */
  struct awsaccess_text host;
  /**
   * What it opens, where the text says so: `bucket/key`, a database user, a cluster, a repository, else the path.
   */
  struct awsaccess_text resource;
  /**
   * Headers that are signed, and whose values are neither in the text nor given.
   */
  const struct awsaccess_text *missing_headers;
  /**
   * How many.
   */
  size_t missing_header_count;
  /**
   * When it was signed, in seconds since 1970.
   */
  int64_t signed_at;
  /**
   * From when the service refuses it, if the credentials last as long.
   */
  int64_t expires_at;
} awsaccess_presign_facts;

/**
 * What was signed again.
 */
typedef struct awsaccess_presign_text {
  /**
   * The URL, the token or the git credentials, in the form in which it came.
   */
  struct awsaccess_text text;
  /**
   * What ends it: `asked` (the client wanted no more), `credentials` or `policy`.
   */
  struct awsaccess_text limited_by;
  /**
   * From when the service refuses it, in seconds since 1970.
   */
  int64_t expires_at;
  /**
   * How many milliseconds that is from the time of signing again.
   */
  uint64_t lifetime_ms;
} awsaccess_presign_text;

/**
 * What is known beside the request and the reply. The more, the more certain the cause; all zero, or NULL, is nothing.
 */
typedef struct awsaccess_evidence {
  /**
   * `sizeof(awsaccess_evidence)`.
   */
  size_t struct_size;
  /**
   * The keys that the client meant to sign with; may be NULL.
   */
  const struct awsaccess_credentials *credentials;
  /**
   * What the service wants, where its host does not tell: region (or region set) and service count. May be NULL.
   */
  const struct awsaccess_scope *scope;
  /**
   * The canonical request that the client logged.
   */
  struct awsaccess_text canonical_request;
  /**
   * When it was sent by a clock that is right, in seconds since 1970; 0: not known.
   */
  int64_t now;
} awsaccess_evidence;

/**
 * Why a signature was refused, with nothing secret in it.
 */
typedef struct awsaccess_finding {
  /**
   * One of a closed list (`header-removed`, `wrong-region`, `clock-skew`); `nothing` where nothing is wrong.
   */
  struct awsaccess_text cause;
  /**
   * Which part of the request it is about (`header`, `query`, `payload`, `scope`).
   */
  struct awsaccess_text part;
  /**
   * The header or the query parameter, where it is about one.
   */
  struct awsaccess_text subject;
  /**
   * What it means here, in a line.
   */
  struct awsaccess_text explanation;
  /**
   * What to do about it, in a line.
   */
  struct awsaccess_text remedy;
  /**
   * The line as the client signed it; secret values by their length alone.
   */
  struct awsaccess_text ours;
  /**
   * The line as the service saw it, or would.
   */
  struct awsaccess_text theirs;
  /**
   * Whether it is proven, not only likely.
   */
  bool certain;
} awsaccess_finding;

/**
 * A function of the caller's that takes a text which may be shown: `len` bytes, with a NUL behind them, good until it
 * returns. It must return: neither throw nor jump away.
 */
typedef void (*awsaccess_log_sink)(void *context, const char *text, size_t len);

/**
 * A role for the token of an OpenID Connect provider.
 */
typedef struct awsaccess_web_identity {
  /**
   * `sizeof(awsaccess_web_identity)`.
   */
  size_t struct_size;
  /**
   * The role.
   */
  struct awsaccess_text role_arn;
  /**
   * The token itself; or `token_file` in its place.
   */
  struct awsaccess_text token;
  /**
   * The file that the token is in, which is read again each time.
   */
  struct awsaccess_text token_file;
  /**
   * What the session is called.
   */
  struct awsaccess_text session_name;
  /**
   * An inline policy that narrows what the session may do.
   */
  struct awsaccess_text policy;
  /**
   * Managed policies that narrow it likewise.
   */
  const struct awsaccess_text *policy_arns;
  /**
   * How many.
   */
  size_t policy_arn_count;
  /**
   * The region of the STS that is asked.
   */
  struct awsaccess_text region;
  /**
   * How long it lasts, in seconds; 0: what STS gives.
   */
  uint32_t duration;
} awsaccess_web_identity;

/**
 * A role for a SAML assertion.
 */
typedef struct awsaccess_saml {
  /**
   * `sizeof(awsaccess_saml)`.
   */
  size_t struct_size;
  /**
   * The role.
   */
  struct awsaccess_text role_arn;
  /**
   * The identity provider, as IAM names it.
   */
  struct awsaccess_text principal_arn;
  /**
   * The assertion in base64; or `assertion_file` in its place.
   */
  struct awsaccess_text assertion;
  /**
   * The file that the assertion is in, which is read again each time.
   */
  struct awsaccess_text assertion_file;
  /**
   * An inline policy that narrows what the session may do.
   */
  struct awsaccess_text policy;
  /**
   * Managed policies that narrow it likewise.
   */
  const struct awsaccess_text *policy_arns;
  /**
   * How many.
   */
  size_t policy_arn_count;
  /**
   * The region of the STS that is asked.
   */
  struct awsaccess_text region;
  /**
   * How long it lasts, in seconds; 0: what STS gives.
   */
  uint32_t duration;
} awsaccess_saml;

/**
 * What an identity provider gave.
 */
typedef struct awsaccess_login {
  /**
   * Its name.
   */
  struct awsaccess_text provider;
  /**
   * The token itself; or `token_file` in its place.
   */
  struct awsaccess_text token;
  /**
   * The file that the token is in, which is read again each time.
   */
  struct awsaccess_text token_file;
} awsaccess_login;

/**
 * An identity of a Cognito identity pool.
 */
typedef struct awsaccess_cognito {
  /**
   * `sizeof(awsaccess_cognito)`.
   */
  size_t struct_size;
  /**
   * `<region>:<uuid>`.
   */
  struct awsaccess_text identity_pool_id;
  /**
   * What identity providers gave; none for a guest.
   */
  const struct awsaccess_login *logins;
  /**
   * How many.
   */
  size_t login_count;
  /**
   * The identity, where it is known.
   */
  struct awsaccess_text identity_id;
  /**
   * The account of the pool.
   */
  struct awsaccess_text account_id;
  /**
   * One of the roles that the identity may have, in place of the pool's choice.
   */
  struct awsaccess_text custom_role_arn;
  /**
   * A role to take for the identity's token at STS (the basic flow).
   */
  struct awsaccess_text role_arn;
  /**
   * The address of the service, such as an emulator's.
   */
  struct awsaccess_text endpoint;
} awsaccess_cognito;

/**
 * A role for an X.509 certificate, by IAM Roles Anywhere. The private key stays with the caller, who is asked to sign.
 */
typedef struct awsaccess_roles_anywhere {
  /**
   * `sizeof(awsaccess_roles_anywhere)`.
   */
  size_t struct_size;
  /**
   * The trust anchor.
   */
  struct awsaccess_text trust_anchor_arn;
  /**
   * The profile.
   */
  struct awsaccess_text profile_arn;
  /**
   * The role.
   */
  struct awsaccess_text role_arn;
  /**
   * The file with the certificate, PEM or DER.
   */
  struct awsaccess_text certificate;
  /**
   * The private key, by the name that the caller knows it under.
   */
  struct awsaccess_text private_key;
  /**
   * A file with the certificates between it and the trust anchor.
   */
  struct awsaccess_text chain;
  /**
   * What the session is called.
   */
  struct awsaccess_text session_name;
  /**
   * The region; that of the trust anchor unless given.
   */
  struct awsaccess_text region;
  /**
   * The address of the service, such as an emulator's.
   */
  struct awsaccess_text endpoint;
  /**
   * How long it lasts, in seconds; 0: what the service gives.
   */
  uint32_t duration;
} awsaccess_roles_anywhere;

/**
 * A session of the same user, for long-lived keys.
 */
typedef struct awsaccess_session_token {
  /**
   * `sizeof(awsaccess_session_token)`.
   */
  size_t struct_size;
  /**
   * The MFA device whose code proves the user.
   */
  struct awsaccess_text mfa_serial;
  /**
   * The region of the STS that is asked.
   */
  struct awsaccess_text region;
  /**
   * How long it lasts, in seconds; 0: what STS gives.
   */
  uint32_t duration;
} awsaccess_session_token;

/**
 * A session of a federated user, for long-lived keys. It can assume no role.
 */
typedef struct awsaccess_federation_token {
  /**
   * `sizeof(awsaccess_federation_token)`.
   */
  size_t struct_size;
  /**
   * The federated user.
   */
  struct awsaccess_text name;
  /**
   * An inline policy that says what the session may do.
   */
  struct awsaccess_text policy;
  /**
   * Managed policies that say so likewise.
   */
  const struct awsaccess_text *policy_arns;
  /**
   * How many.
   */
  size_t policy_arn_count;
  /**
   * What the session is tagged with.
   */
  const struct awsaccess_header *tags;
  /**
   * How many.
   */
  size_t tag_count;
  /**
   * The region of the STS that is asked.
   */
  struct awsaccess_text region;
  /**
   * How long it lasts, in seconds; 0: what STS gives.
   */
  uint32_t duration;
} awsaccess_federation_token;

/**
 * One role to assume.
 */
typedef struct awsaccess_role {
  /**
   * `sizeof(awsaccess_role)`.
   */
  size_t struct_size;
  /**
   * `arn:aws:iam::111122223333:role/name`
   */
  struct awsaccess_text role_arn;
  /**
   * What the trust policy asks for.
   */
  struct awsaccess_text external_id;
  /**
   * What the session is called; none: a name that says when it began.
   */
  struct awsaccess_text session_name;
  /**
   * The serial number or ARN of an MFA device, whose code is asked for with a prompt.
   */
  struct awsaccess_text mfa_serial;
  /**
   * The region of the STS that is asked.
   */
  struct awsaccess_text region;
  /**
   * Who stands behind the session.
   */
  struct awsaccess_text source_identity;
  /**
   * An inline policy that narrows what the session may do.
   */
  struct awsaccess_text policy;
  /**
   * Managed policies that narrow it likewise.
   */
  const struct awsaccess_text *policy_arns;
  /**
   * How many.
   */
  size_t policy_arn_count;
  /**
   * What the session is tagged with.
   */
  const struct awsaccess_header *tags;
  /**
   * How many.
   */
  size_t tag_count;
  /**
   * The keys of the tags that go on to the roles which this session assumes.
   */
  const struct awsaccess_text *transitive_tag_keys;
  /**
   * How many.
   */
  size_t transitive_tag_key_count;
  /**
   * How long it lasts, in seconds; 0: what STS gives.
   */
  uint32_t duration;
} awsaccess_role;

/**
 * Settings of one resolution; what is set here outranks the environment, which outranks the files. All zero, or NULL,
 * is what the environment and the files say.
 */
typedef struct awsaccess_options {
  /**
   * `sizeof(awsaccess_options)`.
   */
  size_t struct_size;
  /**
   * A profile. It must exist, and the keys of the environment are passed over for it.
   */
  struct awsaccess_text profile;
  /**
   * The region of the STS that is asked.
   */
  struct awsaccess_text region;
  /**
   * The home directory, in place of what the environment says of it.
   */
  struct awsaccess_text home;
  /**
   * The config file, in place of `~/.aws/config` and of what the environment names.
   */
  struct awsaccess_text config_file;
  /**
   * The credentials file, likewise.
   */
  struct awsaccess_text credentials_file;
  /**
   * The address of STS, such as an emulator's.
   */
  struct awsaccess_text sts_endpoint;
  /**
   * The address of instance metadata.
   */
  struct awsaccess_text imds_endpoint;
  /**
   * Credentials that are at hand already, to assume roles with. They, and each of the four below, are what the source
   * `code` stands for; give one of the five at most.
   */
  const struct awsaccess_credentials *credentials;
  /**
   * A role for the token of an OpenID Connect provider; may be NULL.
   */
  const struct awsaccess_web_identity *web_identity;
  /**
   * A role for a SAML assertion; may be NULL.
   */
  const struct awsaccess_saml *saml;
  /**
   * An identity of a Cognito identity pool; may be NULL.
   */
  const struct awsaccess_cognito *cognito;
  /**
   * A role for an X.509 certificate; may be NULL.
   */
  const struct awsaccess_roles_anywhere *roles_anywhere;
  /**
   * Exchanges long-lived keys that were found for a session of the same user; may be NULL.
   */
  const struct awsaccess_session_token *session_token;
  /**
   * Exchanges them for a session of a federated user; may be NULL.
   */
  const struct awsaccess_federation_token *federation_token;
  /**
   * Which sources are tried, in which order: `code`, `environment`, `profile`, `web-identity`, `container`, `imds`, and
   * `custom:<name>` for one of the caller's own. One that is left out is never asked. NULL: all of them, in this order.
   */
  const struct awsaccess_text *order;
  /**
   * How many.
   */
  size_t order_count;
  /**
   * Roles to assume with what was found, in that order.
   */
  const struct awsaccess_role *assume;
  /**
   * How many.
   */
  size_t assume_count;
  /**
   * Which of AWS's two addresses of instance metadata: `ipv4` or `ipv6`.
   */
  struct awsaccess_text imds_mode;
  /**
   * The instance profile's role, so that it is not asked for.
   */
  struct awsaccess_text imds_role_name;
  /**
   * Whether version 1 is fallen back to where a token is refused. By default, no.
   */
  awsaccess_switch imds_allow_v1;
  /**
   * Whether the newer path, which names the account too, is asked first. By default, no.
   */
  awsaccess_switch imds_extended;
  /**
   * Whether a shell may take part in running a `credential_process`. By default, yes.
   */
  awsaccess_switch shell;
  /**
   * Whether sessions of roles are looked for and kept in `~/.aws/cli/cache`. By default, no.
   */
  awsaccess_switch shared_cache;
  /**
   * How many milliseconds the clock is behind AWS's, as `awsaccess_step_clock_offset` told.
   */
  int64_t clock_offset_ms;
} awsaccess_options;

/**
 * The contents of a file, the names in a directory (a missing one is empty), or that a file be removed (that it was
 * not there is no failure).
 */
typedef struct awsaccess_ask_file {
  /**
   * Where it is; a leading `~` has been replaced already.
   */
  struct awsaccess_text path;
  /**
   * The most bytes that will be taken. A longer answer is refused, never cut. 0 where nothing is read.
   */
  size_t max_bytes;
} awsaccess_ask_file;

/**
 * That a file be written whole or not at all: a temporary file beside it, mode 0600, then a rename. Directories that
 * are missing are made with mode 0700.
 */
typedef struct awsaccess_ask_write_file {
  /**
   * Where to.
   */
  struct awsaccess_text path;
  /**
   * What.
   */
  struct awsaccess_text data;
} awsaccess_ask_write_file;

/**
 * An exclusive lock that other processes of this machine honour too. Give back what is held when the task ends.
 */
typedef struct awsaccess_ask_lock {
  /**
   * The file that stands for the lock; made when missing.
   */
  struct awsaccess_text path;
  /**
   * `true` takes the lock, waiting for it; `false` gives it back.
   */
  bool hold;
} awsaccess_ask_lock;

/**
 * One HTTP request. Follow no redirect, send the headers as they are (add Content-Length, and Host if it is not among
 * them), and answer with whatever status came.
 */
typedef struct awsaccess_ask_http {
  /**
   * `GET`, `PUT`, `POST`.
   */
  struct awsaccess_text method;
  /**
   * Absolute, `http` or `https`.
   */
  struct awsaccess_text url;
  /**
   * In the order to be sent. Any value may be a secret.
   */
  const struct awsaccess_header *headers;
  /**
   * How many.
   */
  size_t header_count;
  /**
   * The body.
   */
  struct awsaccess_text body;
  /**
   * For connecting, and again for each read, in milliseconds.
   */
  uint64_t timeout_ms;
  /**
   * The most bytes of body that will be taken.
   */
  size_t max_bytes;
  /**
   * No proxy may be used: the address means something on this machine only.
   */
  bool direct;
} awsaccess_ask_http;

/**
 * The addresses of a host name, each as text (`192.0.2.1`, `2001:db8::1`).
 */
typedef struct awsaccess_ask_resolve {
  /**
   * The name.
   */
  struct awsaccess_text host;
} awsaccess_ask_resolve;

/**
 * That a program be run without a shell, and its end be waited for.
 */
typedef struct awsaccess_ask_run_process {
  /**
   * The program and its arguments. Any may be a secret.
   */
  const struct awsaccess_text *argv;
  /**
   * How many.
   */
  size_t argc;
  /**
   * Variables to add to those that the host has.
   */
  const struct awsaccess_header *env;
  /**
   * How many.
   */
  size_t env_count;
  /**
   * When to give up and end it, in milliseconds.
   */
  uint64_t timeout_ms;
  /**
   * The most bytes of standard output, and of standard error, that will be taken.
   */
  size_t max_bytes;
} awsaccess_ask_run_process;

/**
 * Something of a person, typed without echo.
 */
typedef struct awsaccess_ask_prompt {
  /**
   * `mfa`: a one-time code is wanted. `sign_in`: a page is to be opened, nothing is typed, answer with empty text.
   * `authorization_code`: the code that such a page shows at its end is wanted.
   */
  struct awsaccess_text kind;
  /**
   * The serial number or ARN of the MFA device; none for other kinds.
   */
  struct awsaccess_text serial;
  /**
   * The line to show.
   */
  struct awsaccess_text message;
  /**
   * The page to open; none for `mfa`. Its query is for the person alone, and so is the message of such a kind.
   */
  struct awsaccess_text page;
} awsaccess_ask_prompt;

/**
 * That a free loopback port be listened on, a page be opened, and the one request that is redirected there be taken.
 */
typedef struct awsaccess_ask_listen {
  /**
   * The page to open; each `{port}` in it stands for the port.
   */
  struct awsaccess_text page;
  /**
   * The path that the redirect comes to; other requests are answered with 404 and waited past.
   */
  struct awsaccess_text path;
  /**
   * When to give up, in milliseconds.
   */
  uint64_t timeout_ms;
} awsaccess_ask_listen;

/**
 * A signature with a private key that the host holds.
 */
typedef struct awsaccess_ask_sign {
  /**
   * The key, by the name that the configuration gives it (a path, a URI).
   */
  struct awsaccess_text key;
  /**
   * `rsa_pkcs1_sha256`, `ecdsa_sha256_der`, `hmac_sha256` or `es256`.
   */
  struct awsaccess_text algorithm;
  /**
   * What is signed; the host hashes it.
   */
  struct awsaccess_text message;
} awsaccess_ask_sign;

/**
 * That time pass before a request is repeated. Decline, and the source gives up.
 */
typedef struct awsaccess_ask_wait {
  /**
   * How long, in milliseconds.
   */
  uint64_t ms;
} awsaccess_ask_wait;

/**
 * The credentials of a source of the caller's own (`custom:<name>` in the order): a secret store, a keychain.
 */
typedef struct awsaccess_ask_custom {
  /**
   * Which source, by the name that the order gives it.
   */
  struct awsaccess_text name;
} awsaccess_ask_custom;

/**
 * The questions.
 */
typedef union awsaccess_ask {
  /**
   * `AWSACCESS_ASK_READ_FILE`
   */
  struct awsaccess_ask_file read_file;
  /**
   * `AWSACCESS_ASK_WRITE_FILE`
   */
  struct awsaccess_ask_write_file write_file;
  /**
   * `AWSACCESS_ASK_LIST_FILES`
   */
  struct awsaccess_ask_file list_files;
  /**
   * `AWSACCESS_ASK_REMOVE_FILE`
   */
  struct awsaccess_ask_file remove_file;
  /**
   * `AWSACCESS_ASK_LOCK`
   */
  struct awsaccess_ask_lock lock;
  /**
   * `AWSACCESS_ASK_HTTP`
   */
  struct awsaccess_ask_http http;
  /**
   * `AWSACCESS_ASK_RESOLVE`
   */
  struct awsaccess_ask_resolve resolve;
  /**
   * `AWSACCESS_ASK_RUN_PROCESS`
   */
  struct awsaccess_ask_run_process run_process;
  /**
   * `AWSACCESS_ASK_PROMPT`
   */
  struct awsaccess_ask_prompt prompt;
  /**
   * `AWSACCESS_ASK_LISTEN`
   */
  struct awsaccess_ask_listen listen;
  /**
   * `AWSACCESS_ASK_SIGN`
   */
  struct awsaccess_ask_sign sign;
  /**
   * `AWSACCESS_ASK_WAIT`
   */
  struct awsaccess_ask_wait wait;
  /**
   * `AWSACCESS_ASK_CUSTOM`
   */
  struct awsaccess_ask_custom custom;
} awsaccess_ask;

/**
 * What a task wants to know or to have done. A later version may ask what this header does not know: decline it.
 */
typedef struct awsaccess_question {
  /**
   * One of `AWSACCESS_ASK_...`.
   */
  uint32_t kind;
  /**
   * The member that `kind` names.
   */
  union awsaccess_ask ask;
} awsaccess_question;

/**
 * A reply to an HTTP request, whatever its status.
 */
typedef struct awsaccess_http_reply {
  /**
   * `sizeof(awsaccess_http_reply)`.
   */
  size_t struct_size;
  /**
   * As they came.
   */
  const struct awsaccess_header *headers;
  /**
   * How many.
   */
  size_t header_count;
  /**
   * The whole body.
   */
  const void *body;
  /**
   * Its length in bytes.
   */
  size_t body_len;
  /**
   * 100 to 999.
   */
  uint32_t status;
} awsaccess_http_reply;

/**
 * A portal of IAM Identity Center, and how a person signs in to it. All zero, or NULL, is the portal of the profile.
 */
typedef struct awsaccess_sso {
  /**
   * `sizeof(awsaccess_sso)`.
   */
  size_t struct_size;
  /**
   * The name of a `[sso-session]`.
   */
  struct awsaccess_text session;
  /**
   * The portal by its address, with `region`; for one that no file names yet.
   */
  struct awsaccess_text start_url;
  /**
   * The region of that portal.
   */
  struct awsaccess_text region;
  /**
   * The scopes to ask for, in place of the session's own.
   */
  const struct awsaccess_text *scopes;
  /**
   * How many.
   */
  size_t scope_count;
  /**
   * What the client is called on the page where the person allows it.
   */
  struct awsaccess_text client_name;
  /**
   * Whether a code is shown that is typed in elsewhere, in place of opening a browser here. By default, no.
   */
  awsaccess_switch device_code;
} awsaccess_sso;

/**
 * How it behaves. All zero, or NULL, is the scheme of AWS's SDKs.
 */
typedef struct awsaccess_cached_settings {
  /**
   * `sizeof(awsaccess_cached_settings)`.
   */
  size_t struct_size;
  /**
   * How long before their end credentials are renewed while they still serve, in seconds. 0: by their lifetime.
   */
  uint32_t advisory_window;
  /**
   * How long a failure is told again without asking when there is nothing to serve, in seconds.
   */
  uint32_t remember_failure;
  /**
   * When one who asked and did not report is taken for lost, in seconds. 0: 300.
   */
  uint32_t longest_refresh;
  /**
   * Whether the advisory window shrinks at random by a tenth, so that many do not renew together. By default, yes.
   */
  awsaccess_switch jitter;
  /**
   * Whether expired credentials serve on while their source fails, where it is of that kind. By default, yes.
   */
  awsaccess_switch serve_expired;
} awsaccess_cached_settings;

/**
 * Done.
 */
#define AWSACCESS_OK 0

/**
 * No source that was asked is configured here.
 */
#define AWSACCESS_NOT_CONFIGURED 1

/**
 * A file cannot be read as profiles.
 */
#define AWSACCESS_PROFILE 2

/**
 * The configuration contradicts itself, or lacks a key.
 */
#define AWSACCESS_CONFIG 3

/**
 * The host would not answer a question that a configured source depends on.
 */
#define AWSACCESS_DECLINED 4

/**
 * Nothing answered at that address.
 */
#define AWSACCESS_UNREACHABLE 5

/**
 * No answer came in time.
 */
#define AWSACCESS_TIMEOUT 6

/**
 * AWS refused: the identity may not do this, or is not accepted.
 */
#define AWSACCESS_DENIED 7

/**
 * AWS answered with another error.
 */
#define AWSACCESS_SERVICE 8

/**
 * A reply that cannot be read.
 */
#define AWSACCESS_MALFORMED 9

/**
 * The credentials, or those that they come from, are past their time.
 */
#define AWSACCESS_EXPIRED 10

/**
 * A multi-factor code is needed, and none that could be right was given.
 */
#define AWSACCESS_MFA 11

/**
 * A bound was reached: questions in a task, bytes in a reply, roles in a chain.
 */
#define AWSACCESS_LIMIT 12

/**
 * An argument of the call is wrong.
 */
#define AWSACCESS_INPUT 13

/**
 * A request could not be signed.
 */
#define AWSACCESS_SIGN 14

/**
 * A request's signature, or its body, was not accepted.
 */
#define AWSACCESS_VERIFY 15

/**
 * A verified request could not be signed again.
 */
#define AWSACCESS_RESIGN 16

/**
 * A handle that serves once was used before.
 */
#define AWSACCESS_USED 17

/**
 * The answer is of another kind than the question; the step can still be answered.
 */
#define AWSACCESS_WRONG_ANSWER 18

/**
 * A fault of this library itself.
 */
#define AWSACCESS_INTERNAL 19

/**
 * The caller gave up the task.
 */
#define AWSACCESS_CANCELLED 20

/**
 * As the documentation of the member says.
 */
#define AWSACCESS_DEFAULT 0

/**
 * Yes.
 */
#define AWSACCESS_ON 1

/**
 * No.
 */
#define AWSACCESS_OFF 2

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a status (`ok`, `not_configured`, ...), or `unknown`. Ends in a NUL and lives for ever.
 */
const char *awsaccess_status_name(awsaccess_status status);

/**
 * The version of the library that runs, as in `AWSACCESS_VERSION`, which is that of the header.
 */
const char *awsaccess_version(void);

/**
 * The text of a string that ends in a NUL; none at all for NULL.
 */
struct awsaccess_text awsaccess_text_of(const char *string);

/**
 * The same as the call's status.
 */
awsaccess_status awsaccess_error_status(const struct awsaccess_error *error);

/**
 * What happened and what to do, in one line. Of `AWSACCESS_VERIFY` it is what AWS would tell the client.
 */
struct awsaccess_text awsaccess_error_message(const struct awsaccess_error *error);

/**
 * The message, and beneath it what each source said: a few lines for a person.
 */
struct awsaccess_text awsaccess_error_report(const struct awsaccess_error *error);

/**
 * An error of a source of the caller's own, for `awsaccess_cached_settle`: of a status other than `AWSACCESS_OK`, with a
 * line for a person and, where AWS was the one to refuse, AWS's code.
 */
awsaccess_status awsaccess_error_new(awsaccess_status status,
                                     struct awsaccess_text message,
                                     struct awsaccess_text aws_code,
                                     bool retryable,
                                     struct awsaccess_error **made,
                                     struct awsaccess_error **error);

/**
 * The code that AWS answered with, or answers with in such a case (`AccessDenied`); none if there is none.
 */
struct awsaccess_text awsaccess_error_aws_code(const struct awsaccess_error *error);

/**
 * Of `AWSACCESS_VERIFY`: the HTTP status that AWS answers with; else 0.
 */
uint32_t awsaccess_error_http_status(const struct awsaccess_error *error);

/**
 * Of `AWSACCESS_VERIFY`: the stable name of the fault, such as `signature-mismatch` or `expired`; else none.
 */
struct awsaccess_text awsaccess_error_verify_kind(const struct awsaccess_error *error);

/**
 * Of `AWSACCESS_VERIFY`: what the operator should know. Never send it to the client.
 */
struct awsaccess_text awsaccess_error_operator_detail(const struct awsaccess_error *error);

/**
 * Whether the same call may succeed later without a change of configuration.
 */
bool awsaccess_error_retryable(const struct awsaccess_error *error);

/**
 * Each source of credentials that was tried, in order.
 */
const struct awsaccess_attempt *awsaccess_error_attempts(const struct awsaccess_error *error,
                                                         size_t *count);

/**
 * Frees an error. NULL is fine.
 */
void awsaccess_error_free(struct awsaccess_error *error);

/**
 * Makes credentials of what the caller has. `session_token` and `account_id` may be none; `expires_at` is in seconds
 * since 1970, or `AWSACCESS_NEVER`.
 */
awsaccess_status awsaccess_credentials_new(struct awsaccess_text access_key_id,
                                           struct awsaccess_text secret_access_key,
                                           struct awsaccess_text session_token,
                                           int64_t expires_at,
                                           struct awsaccess_text account_id,
                                           struct awsaccess_credentials **credentials,
                                           struct awsaccess_error **error);

/**
 * The public name of the key.
 */
struct awsaccess_text awsaccess_credentials_access_key_id(const struct awsaccess_credentials *credentials);

/**
 * The secret; none of a delegate. Do not log it, and wipe what you copy.
 */
struct awsaccess_text awsaccess_credentials_secret_access_key(const struct awsaccess_credentials *credentials);

/**
 * The token of temporary credentials, a secret as well; none for long-lived ones.
 */
struct awsaccess_text awsaccess_credentials_session_token(const struct awsaccess_credentials *credentials);

/**
 * The twelve-digit account that they belong to, where the source said so.
 */
struct awsaccess_text awsaccess_credentials_account_id(const struct awsaccess_credentials *credentials);

/**
 * Where they came from (`environment`, `imds`, `assume-role`, ...), if they were resolved.
 */
struct awsaccess_text awsaccess_credentials_source(const struct awsaccess_credentials *credentials);

/**
 * The instant from which AWS refuses them, in seconds since 1970, or `AWSACCESS_NEVER`.
 */
int64_t awsaccess_credentials_expires_at(const struct awsaccess_credentials *credentials);

/**
 * Frees credentials and wipes them. NULL is fine.
 */
void awsaccess_credentials_free(struct awsaccess_credentials *credentials);

/**
 * What signs and proves in the place of credentials on the day of `now` (in UTC), for one region and service, without the
 * secret: a handle of the same kind, good wherever keys sign or prove. There is none for SigV4A.
 */
awsaccess_status awsaccess_credentials_delegate(const struct awsaccess_credentials *credentials,
                                                struct awsaccess_text region,
                                                struct awsaccess_text service,
                                                int64_t now,
                                                struct awsaccess_credentials **delegate,
                                                struct awsaccess_error **error);

/**
 * A delegate of its parts, in another process: `key` is the 32 bytes that `awsaccess_credentials_key` gave, and `now` a
 * time on the key's day. `session_token` may be none; `expires_at` is in seconds since 1970, or `AWSACCESS_NEVER`.
 */
awsaccess_status awsaccess_delegate_new(struct awsaccess_text access_key_id,
                                        const uint8_t *key,
                                        struct awsaccess_text region,
                                        struct awsaccess_text service,
                                        struct awsaccess_text session_token,
                                        int64_t expires_at,
                                        int64_t now,
                                        struct awsaccess_credentials **delegate,
                                        struct awsaccess_error **error);

/**
 * Copies the key of a delegate, 32 bytes, to `key`, to be given to another process. Wipe it after use.
 */
awsaccess_status awsaccess_credentials_key(const struct awsaccess_credentials *delegate,
                                           uint8_t *key,
                                           struct awsaccess_error **error);

/**
 * Whether the handle is a delegate.
 */
bool awsaccess_credentials_is_delegate(const struct awsaccess_credentials *credentials);

/**
 * Signs in the headers: `Authorization`, `X-Amz-Date` and what belongs to them. Send the headers of the result, which
 * are the request's own, less those that are replaced, then those added.
 */
awsaccess_status awsaccess_sign(const struct awsaccess_request *request,
                                const struct awsaccess_credentials *credentials,
                                const struct awsaccess_scope *scope,
                                int64_t now,
                                struct awsaccess_signed **result,
                                struct awsaccess_error **error);

/**
 * Signs in the query, so that the URL alone, with the headers that came in, is good for `expires` seconds (1 to
 * 604800). For S3, `UNSIGNED-PAYLOAD` is the usual payload of a link. Send the target of the result.
 */
awsaccess_status awsaccess_presign(const struct awsaccess_request *request,
                                   const struct awsaccess_credentials *credentials,
                                   const struct awsaccess_scope *scope,
                                   uint32_t expires,
                                   int64_t now,
                                   struct awsaccess_signed **result,
                                   struct awsaccess_error **error);

/**
 * What `awsaccess_sign` hashes and signs, or, with an `expires` other than 0, `awsaccess_presign`: for a person who looks
 * for a difference. **The canonical request holds the session token, if that is signed.**
 */
awsaccess_status awsaccess_explain(const struct awsaccess_request *request,
                                   const struct awsaccess_credentials *credentials,
                                   const struct awsaccess_scope *scope,
                                   uint32_t expires,
                                   int64_t now,
                                   struct awsaccess_buffer **canonical_request,
                                   struct awsaccess_buffer **string_to_sign,
                                   struct awsaccess_error **error);

/**
 * The method.
 */
struct awsaccess_text awsaccess_signed_method(const struct awsaccess_signed *head);

/**
 * The target to send. Signed in the query it carries the signature; signed again it is in origin form.
 */
struct awsaccess_text awsaccess_signed_target(const struct awsaccess_signed *head);

/**
 * All header fields to send, in order.
 */
const struct awsaccess_header *awsaccess_signed_headers(const struct awsaccess_signed *head,
                                                        size_t *count);

/**
 * The signature alone, in hexadecimal; none for a request that was signed again.
 */
struct awsaccess_text awsaccess_signed_signature(const struct awsaccess_signed *head);

/**
 * Frees a signed head. NULL is fine.
 */
void awsaccess_signed_free(struct awsaccess_signed *head);

/**
 * Parses and checks all that needs no key: grammar, required headers, time, scope. `policy` may be NULL. The body of
 * the request is not looked at.
 */
awsaccess_status awsaccess_claim_parse(const struct awsaccess_request *request,
                                       const struct awsaccess_policy *policy,
                                       int64_t now,
                                       struct awsaccess_claim **claim,
                                       struct awsaccess_error **error);

/**
 * Proves a claim with the key that its key id stands for, and the session token that goes with it. **Uses the
 * claim**, whatever the outcome; it still has to be freed.
 *
 * `body` is hashed and held against what the head declares. NULL means that only the head is at hand: the declared
 * hash is then used, and the body is checked as it flows through the `awsaccess_body_resigner`. An empty body that
 * is at hand is a pointer with the length 0.
 */
awsaccess_status awsaccess_claim_verify(struct awsaccess_claim *claim,
                                        const struct awsaccess_credentials *credentials,
                                        const void *body,
                                        size_t body_len,
                                        struct awsaccess_verified **verified,
                                        struct awsaccess_error **error);

/**
 * Refuses a claim whose key id is not known, after the same work as a wrong signature takes. **Uses the claim**.
 * Always fails: with `AWSACCESS_VERIFY` and what to answer.
 */
awsaccess_status awsaccess_claim_refuse_unknown(struct awsaccess_claim *claim,
                                                const void *body,
                                                size_t body_len,
                                                struct awsaccess_error **error);

/**
 * The key id to look up.
 */
struct awsaccess_text awsaccess_claim_access_key_id(const struct awsaccess_claim *claim);

/**
 * The names and patterns of the region set of SigV4A; none for SigV4.
 */
const struct awsaccess_text *awsaccess_claim_region_set(const struct awsaccess_claim *claim,
                                                        size_t *count);

/**
 * The region of the credential scope, or the region set of SigV4A as it is written.
 */
struct awsaccess_text awsaccess_claim_region(const struct awsaccess_claim *claim);

/**
 * The signing name of the credential scope.
 */
struct awsaccess_text awsaccess_claim_service(const struct awsaccess_claim *claim);

/**
 * The session token that came with the request; none if none came.
 */
struct awsaccess_text awsaccess_claim_session_token(const struct awsaccess_claim *claim);

/**
 * What the head declares of the body: a hexadecimal SHA-256, one of AWS's literals, or none.
 */
struct awsaccess_text awsaccess_claim_payload(const struct awsaccess_claim *claim);

/**
 * The names that the signature covers, lower case and ascending.
 */
const struct awsaccess_text *awsaccess_claim_signed_headers(const struct awsaccess_claim *claim,
                                                            size_t *count);

/**
 * When it was signed, in seconds since 1970.
 */
int64_t awsaccess_claim_signed_at(const struct awsaccess_claim *claim);

/**
 * Whether the signature is in the query: the lifetime that it gives itself in seconds, or 0 for one in the headers.
 */
uint32_t awsaccess_claim_expires(const struct awsaccess_claim *claim);

/**
 * Frees a claim, used or not. NULL is fine.
 */
void awsaccess_claim_free(struct awsaccess_claim *claim);

/**
 * Signs a verified request again. **Uses the verified request**, whatever the outcome; it still has to be freed.
 * `upstream` may be NULL.
 *
 * The result holds the complete head. Push the body through `awsaccess_body_resigner_new`.
 */
awsaccess_status awsaccess_resign(struct awsaccess_verified *verified,
                                  const struct awsaccess_credentials *credentials,
                                  const struct awsaccess_upstream *upstream,
                                  int64_t now,
                                  struct awsaccess_signed **result,
                                  struct awsaccess_error **error);

/**
 * The key id that signed.
 */
struct awsaccess_text awsaccess_verified_access_key_id(const struct awsaccess_verified *verified);

/**
 * The names and patterns of the region set of SigV4A; none for SigV4.
 */
const struct awsaccess_text *awsaccess_verified_region_set(const struct awsaccess_verified *verified,
                                                           size_t *count);

/**
 * The region of the credential scope, or the region set of SigV4A as it is written.
 */
struct awsaccess_text awsaccess_verified_region(const struct awsaccess_verified *verified);

/**
 * The signing name of the credential scope.
 */
struct awsaccess_text awsaccess_verified_service(const struct awsaccess_verified *verified);

/**
 * What the head declares of the body: a hexadecimal SHA-256, one of AWS's literals, or none.
 */
struct awsaccess_text awsaccess_verified_payload(const struct awsaccess_verified *verified);

/**
 * The names that the signature covers, lower case and ascending.
 */
const struct awsaccess_text *awsaccess_verified_signed_headers(const struct awsaccess_verified *verified,
                                                               size_t *count);

/**
 * When it was signed, in seconds since 1970.
 */
int64_t awsaccess_verified_signed_at(const struct awsaccess_verified *verified);

/**
 * Whether the signature was in the query.
 */
bool awsaccess_verified_presigned(const struct awsaccess_verified *verified);

/**
 * Frees a verified request, used or not. NULL is fine.
 */
void awsaccess_verified_free(struct awsaccess_verified *verified);

/**
 * Takes the way for the body out of a head that `awsaccess_resign` gave; a head has one.
 */
awsaccess_status awsaccess_body_resigner_new(struct awsaccess_signed *head,
                                             struct awsaccess_body_resigner **resigner,
                                             struct awsaccess_error **error);

/**
 * Leaves the checksums in a body's trailers to the receiver; else they are checked on the way. Call it before the first
 * bytes are pushed.
 */
awsaccess_status awsaccess_body_resigner_without_checksums(struct awsaccess_body_resigner *resigner,
                                                           struct awsaccess_error **error);

/**
 * Takes the next bytes from the client; `out` is what may be sent, and stays until the next call. After a failure
 * nothing more may be sent: the receiver sees a body that is too short, and keeps none of it.
 */
awsaccess_status awsaccess_body_resigner_push(struct awsaccess_body_resigner *resigner,
                                              const void *data,
                                              size_t len,
                                              struct awsaccess_text *out,
                                              struct awsaccess_error **error);

/**
 * Ends the body; `out` is the byte that was held back. **Uses the resigner**; it still has to be freed.
 */
awsaccess_status awsaccess_body_resigner_finish(struct awsaccess_body_resigner *resigner,
                                                struct awsaccess_text *out,
                                                struct awsaccess_error **error);

/**
 * Frees a resigner. NULL is fine.
 */
void awsaccess_body_resigner_free(struct awsaccess_body_resigner *resigner);

/**
 * Recognises a presigned URL, a token for EKS, RDS, ElastiCache, MemoryDB, MSK or DSQL, or git credentials of CodeCommit;
 * for anything else `presign` is NULL, and that is no failure. `headers` are those that are signed and are not in the
 * text, such as the cluster of an EKS token (`x-k8s-aws-id`).
 */
awsaccess_status awsaccess_recognize_presign(struct awsaccess_text text,
                                             const struct awsaccess_header *headers,
                                             size_t header_count,
                                             struct awsaccess_offline_presign **presign,
                                             struct awsaccess_error **error);

/**
 * What it says of itself; NULL for NULL.
 */
const struct awsaccess_presign_facts *awsaccess_offline_presign_facts(const struct awsaccess_offline_presign *presign);

/**
 * Proves it with the key that its key id stands for; `credentials` NULL is a key id that is not known, which fails after
 * the same work. `policy` may be NULL.
 */
awsaccess_status awsaccess_offline_presign_verify(const struct awsaccess_offline_presign *presign,
                                                  const struct awsaccess_credentials *credentials,
                                                  const struct awsaccess_policy *policy,
                                                  int64_t now,
                                                  struct awsaccess_proven_presign **proven,
                                                  struct awsaccess_error **error);

/**
 * The method that was signed; `GIT` for CodeCommit. It lives for ever.
 */
struct awsaccess_text awsaccess_proven_presign_method(const struct awsaccess_proven_presign *proven);

/**
 * Signs it with credentials that the service knows, for as long as it can honestly last: the least of what remains of the
 * time asked for, the credentials, and `longest` (in seconds; 0: no such bound).
 */
awsaccess_status awsaccess_proven_presign_resign(const struct awsaccess_proven_presign *proven,
                                                 const struct awsaccess_credentials *credentials,
                                                 uint32_t longest,
                                                 int64_t now,
                                                 struct awsaccess_resigned_presign **resigned,
                                                 struct awsaccess_error **error);

/**
 * What was signed again; NULL for NULL.
 */
const struct awsaccess_presign_text *awsaccess_resigned_presign_text(const struct awsaccess_resigned_presign *resigned);

/**
 * Frees what was recognised. NULL is fine.
 */
void awsaccess_offline_presign_free(struct awsaccess_offline_presign *presign);

/**
 * Frees what was proven. NULL is fine.
 */
void awsaccess_proven_presign_free(struct awsaccess_proven_presign *proven);

/**
 * Frees what was signed again, and wipes it. NULL is fine.
 */
void awsaccess_resigned_presign_free(struct awsaccess_resigned_presign *resigned);

/**
 * Names the cause of a refused signature. The request is the one that left the client, its signature included; without a
 * body (NULL) only what its head declares is known. `reply` is the service's answer as it is on the wire, or its body
 * alone, or none. `evidence` may be NULL.
 */
awsaccess_status awsaccess_diagnose(const struct awsaccess_request *request,
                                    struct awsaccess_text reply,
                                    const struct awsaccess_evidence *evidence,
                                    struct awsaccess_diagnosis **diagnosis,
                                    struct awsaccess_error **error);

/**
 * What was found; NULL for NULL.
 */
const struct awsaccess_finding *awsaccess_diagnosis_finding(const struct awsaccess_diagnosis *diagnosis);

/**
 * Frees a diagnosis. NULL is fine.
 */
void awsaccess_diagnosis_free(struct awsaccess_diagnosis *diagnosis);

/**
 * The text.
 */
struct awsaccess_text awsaccess_buffer_text(const struct awsaccess_buffer *buffer);

/**
 * Frees a buffer and wipes it. NULL is fine.
 */
void awsaccess_buffer_free(struct awsaccess_buffer *buffer);

/**
 * Hides what looks like a secret in a text, or in bytes of any kind.
 */
awsaccess_status awsaccess_redact(const void *text,
                                  size_t len,
                                  struct awsaccess_buffer **out,
                                  struct awsaccess_error **error);

/**
 * A redactor that knows no secrets yet. `mask_key_ids`: whether access key ids, which are names, are hidden too.
 */
awsaccess_status awsaccess_redactor_new(bool mask_key_ids,
                                        struct awsaccess_redactor **redactor,
                                        struct awsaccess_error **error);

/**
 * Gives every label a tag of twelve digits, by which two places that held the same secret can be told
 * (`[aws-session-token.1f0a5c9e77d2]`). Who has the log, and not the key, cannot try his guesses.
 */
awsaccess_status awsaccess_redactor_tag_key(struct awsaccess_redactor *redactor,
                                            struct awsaccess_text key,
                                            struct awsaccess_error **error);

/**
 * Whether control characters, and those that turn the direction of writing, are shown as `\u001b`, so that what is
 * logged moves no cursor and hides nothing. Tabs and the ends of lines stay.
 */
awsaccess_status awsaccess_redactor_neutralize(struct awsaccess_redactor *redactor,
                                               bool on,
                                               struct awsaccess_error **error);

/**
 * Learns the secret access key and the session token. Fails with `AWSACCESS_INPUT` for one that is too short to be
 * told from other text; what could be learned is learned all the same.
 */
awsaccess_status awsaccess_redactor_learn(struct awsaccess_redactor *redactor,
                                          const struct awsaccess_credentials *credentials,
                                          struct awsaccess_error **error);

/**
 * Learns any other secret, of 8 bytes or more; `[name]` will stand in its place.
 */
awsaccess_status awsaccess_redactor_learn_secret(struct awsaccess_redactor *redactor,
                                                 struct awsaccess_text name,
                                                 struct awsaccess_text secret,
                                                 struct awsaccess_error **error);

/**
 * Forgets what `awsaccess_redactor_learn` learned of these, as often as it was learned.
 */
awsaccess_status awsaccess_redactor_forget(struct awsaccess_redactor *redactor,
                                           const struct awsaccess_credentials *credentials,
                                           struct awsaccess_error **error);

/**
 * Forgets one secret that `awsaccess_redactor_learn_secret` learned.
 */
awsaccess_status awsaccess_redactor_forget_secret(struct awsaccess_redactor *redactor,
                                                  struct awsaccess_text secret,
                                                  struct awsaccess_error **error);

/**
 * Forgets the credentials that have expired by `now` (seconds since 1970, or `AWSACCESS_NOW`), however often they were
 * learned: what opens nothing any more need not be looked for.
 */
awsaccess_status awsaccess_redactor_forget_expired(struct awsaccess_redactor *redactor,
                                                   int64_t now,
                                                   struct awsaccess_error **error);

/**
 * Hides every secret in a text, or in bytes of any kind.
 */
awsaccess_status awsaccess_redactor_redact(const struct awsaccess_redactor *redactor,
                                           const void *text,
                                           size_t len,
                                           struct awsaccess_buffer **out,
                                           struct awsaccess_error **error);

/**
 * Hides what is secret in the value of a header field; the name says what may be.
 */
awsaccess_status awsaccess_redactor_redact_header(const struct awsaccess_redactor *redactor,
                                                  struct awsaccess_text name,
                                                  struct awsaccess_text value,
                                                  struct awsaccess_buffer **out,
                                                  struct awsaccess_error **error);

/**
 * Hides what is secret in the value of a field of this name, such as a member of a structured log record.
 */
awsaccess_status awsaccess_redactor_redact_field(const struct awsaccess_redactor *redactor,
                                                 struct awsaccess_text name,
                                                 struct awsaccess_text value,
                                                 struct awsaccess_buffer **out,
                                                 struct awsaccess_error **error);

/**
 * Hides what is secret in a request target or a URL.
 */
awsaccess_status awsaccess_redactor_redact_target(const struct awsaccess_redactor *redactor,
                                                  struct awsaccess_text target,
                                                  struct awsaccess_buffer **out,
                                                  struct awsaccess_error **error);

/**
 * Hides what is secret in a query string without its `?`, or in a form body.
 */
awsaccess_status awsaccess_redactor_redact_query(const struct awsaccess_redactor *redactor,
                                                 struct awsaccess_text query,
                                                 struct awsaccess_buffer **out,
                                                 struct awsaccess_error **error);

/**
 * In which encoding a secret of 8 bytes or more appears in a text (`plain`, `base64`, …), whole or cut off; an empty text
 * if it does not. For tests of what was logged.
 */
awsaccess_status awsaccess_find_secret(struct awsaccess_text haystack,
                                       struct awsaccess_text secret,
                                       struct awsaccess_buffer **out,
                                       struct awsaccess_error **error);

/**
 * Hides every secret in one record of a log, and hands it to the caller's logger in the same thread, once. The
 * redactor is not locked meanwhile. Where this fails nothing is handed on: what could not be redacted is not logged.
 */
awsaccess_status awsaccess_redactor_log(const struct awsaccess_redactor *redactor,
                                        const void *text,
                                        size_t len,
                                        awsaccess_log_sink sink,
                                        void *context,
                                        struct awsaccess_error **error);

/**
 * Begins a text that arrives in pieces, with the secrets that are known now.
 */
awsaccess_status awsaccess_redactor_stream(const struct awsaccess_redactor *redactor,
                                           struct awsaccess_redact_stream **stream,
                                           struct awsaccess_error **error);

/**
 * Frees a redactor, and wipes what it learned. NULL is fine.
 */
void awsaccess_redactor_free(struct awsaccess_redactor *redactor);

/**
 * Takes the next piece; `out` is what can be said so far, and stays until the next call.
 */
awsaccess_status awsaccess_redact_stream_push(struct awsaccess_redact_stream *stream,
                                              const void *data,
                                              size_t len,
                                              struct awsaccess_text *out,
                                              struct awsaccess_error **error);

/**
 * Gives the rest of the text. **Uses the stream**; it still has to be freed.
 */
awsaccess_status awsaccess_redact_stream_finish(struct awsaccess_redact_stream *stream,
                                                struct awsaccess_text *out,
                                                struct awsaccess_error **error);

/**
 * Frees a stream. NULL is fine.
 */
void awsaccess_redact_stream_free(struct awsaccess_redact_stream *stream);

/**
 * Begins to look for credentials. Nothing is read or asked behind the caller's back: not the environment (`environ`,
 * as POSIX has it, may be NULL), not the clock (unless `now` is `AWSACCESS_NOW`). `seed` is 32 fresh bytes from a
 * cryptographic generator; NULL takes them from the system. `options` may be NULL.
 */
awsaccess_status awsaccess_step_start(const struct awsaccess_options *options,
                                      const char *const *environ,
                                      int64_t now,
                                      const uint8_t *seed,
                                      struct awsaccess_step **step,
                                      struct awsaccess_error **error);

/**
 * What is asked, until the step is answered. `AWSACCESS_ASK_NOTHING` when the task has ended; NULL for NULL.
 */
const struct awsaccess_question *awsaccess_step_question(const struct awsaccess_step *step);

/**
 * The credentials, or why there are none. Fails with `AWSACCESS_INPUT` while the step still asks, and for a task that ends
 * in something else (`awsaccess_step_json`).
 */
awsaccess_status awsaccess_step_result(const struct awsaccess_step *step,
                                       struct awsaccess_credentials **credentials,
                                       struct awsaccess_error **error);

/**
 * What the task ended in, as JSON: the call that began it says of what form. Of credentials it holds what is public.
 */
awsaccess_status awsaccess_step_json(const struct awsaccess_step *step,
                                     struct awsaccess_buffer **json,
                                     struct awsaccess_error **error);

/**
 * How many milliseconds the caller's clock is behind AWS's, where a reply has shown it and the task ended well.
 */
int64_t awsaccess_step_clock_offset(const struct awsaccess_step *step);

/**
 * What was passed over on the way and may not be meant so; complete when the task has ended.
 */
const struct awsaccess_text *awsaccess_step_warnings(const struct awsaccess_step *step,
                                                     size_t *count);

/**
 * Each source that was tried, in order; complete when the task has ended.
 */
const struct awsaccess_attempt *awsaccess_step_trace(const struct awsaccess_step *step,
                                                     size_t *count);

/**
 * Frees a step. NULL is fine.
 */
void awsaccess_step_free(struct awsaccess_step *step);

/**
 * Answers with the contents of a file; `data` NULL: there is no such file.
 */
awsaccess_status awsaccess_step_answer_file(struct awsaccess_step *step,
                                            int64_t now,
                                            const void *data,
                                            size_t len,
                                            struct awsaccess_error **error);

/**
 * Answers that a file was written or removed, a lock taken or given back, or that the time has passed.
 */
awsaccess_status awsaccess_step_answer_done(struct awsaccess_step *step,
                                            int64_t now,
                                            struct awsaccess_error **error);

/**
 * Answers with the names of the files in a directory, without the directory, or with the addresses of a host name.
 */
awsaccess_status awsaccess_step_answer_names(struct awsaccess_step *step,
                                             int64_t now,
                                             const struct awsaccess_text *list,
                                             size_t count,
                                             struct awsaccess_error **error);

/**
 * Answers with the reply that came.
 */
awsaccess_status awsaccess_step_answer_http(struct awsaccess_step *step,
                                            int64_t now,
                                            const struct awsaccess_http_reply *reply,
                                            struct awsaccess_error **error);

/**
 * Answers with how a program ended: its exit status, or minus the number of the signal that ended it; and what it
 * said.
 */
awsaccess_status awsaccess_step_answer_process(struct awsaccess_step *step,
                                               int64_t now,
                                               int32_t code,
                                               struct awsaccess_text out,
                                               struct awsaccess_text err,
                                               struct awsaccess_error **error);

/**
 * Answers with what a person typed, or with the bytes of a signature.
 */
awsaccess_status awsaccess_step_answer_text(struct awsaccess_step *step,
                                            int64_t now,
                                            struct awsaccess_text text,
                                            struct awsaccess_error **error);

/**
 * Answers with the redirect that arrived: the port that was listened on, and the query without its question mark.
 */
awsaccess_status awsaccess_step_answer_redirect(struct awsaccess_step *step,
                                                int64_t now,
                                                uint16_t port,
                                                struct awsaccess_text query,
                                                struct awsaccess_error **error);

/**
 * Answers with the credentials of a source of the caller's own; NULL: it holds none.
 */
awsaccess_status awsaccess_step_answer_credentials(struct awsaccess_step *step,
                                                   int64_t now,
                                                   const struct awsaccess_credentials *credentials,
                                                   struct awsaccess_error **error);

/**
 * Answers that it was tried and failed, and why, in one line. `sort` is for HTTP and host names: `refused`,
 * `unreachable`, `timeout`, `tls`, `too_large` or `other`; none is `other`. A prompt or a wait cannot fail: decline
 * it.
 */
awsaccess_status awsaccess_step_answer_failure(struct awsaccess_step *step,
                                               int64_t now,
                                               struct awsaccess_text sort,
                                               struct awsaccess_text reason,
                                               struct awsaccess_error **error);

/**
 * Says "not on this host", whatever the question: a source that was not configured is passed over, one that was
 * configured fails.
 */
awsaccess_status awsaccess_step_decline(struct awsaccess_step *step,
                                        int64_t now,
                                        struct awsaccess_error **error);

/**
 * Finds credentials as `awsaccess_step_start` does, then asks STS whose they are. Ends in JSON: `{"account", "arn",
 * "user_id", "credentials": {"access_key_id", ...}}`; `awsaccess_step_result` gives the credentials.
 */
awsaccess_status awsaccess_caller_identity_start(const struct awsaccess_options *options,
                                                 const char *const *environ,
                                                 int64_t now,
                                                 const uint8_t *seed,
                                                 struct awsaccess_step **step,
                                                 struct awsaccess_error **error);

/**
 * Finds the region: in code, in the environment, in the profile and its sources, at the instance. Ends in JSON: a text,
 * or `null` if nothing says.
 */
awsaccess_status awsaccess_region_start(const struct awsaccess_options *options,
                                        const char *const *environ,
                                        int64_t now,
                                        const uint8_t *seed,
                                        struct awsaccess_step **step,
                                        struct awsaccess_error **error);

/**
 * Finds the bearer token of a service that takes one in place of a signature; `service` is the name that it signs as.
 * Ends in JSON: `{"token", "source", "expires_at"}`. **It holds the token.**
 */
awsaccess_status awsaccess_bearer_token_start(struct awsaccess_text service,
                                              const struct awsaccess_options *options,
                                              const char *const *environ,
                                              int64_t now,
                                              const uint8_t *seed,
                                              struct awsaccess_step **step,
                                              struct awsaccess_error **error);

/**
 * Plans the selected profile from the files that the caller reads; no request is made. Ends in JSON, as of
 * `awsaccess_plan`.
 */
awsaccess_status awsaccess_plan_start(const struct awsaccess_options *options,
                                      const char *const *environ,
                                      int64_t now,
                                      struct awsaccess_step **step,
                                      struct awsaccess_error **error);

/**
 * Lists the files of the caches that the AWS CLI and SDKs share. `home` none: as the environment says. Ends in JSON:
 * `[{"path", "kind", "expires_at", "about"}]`; `kind` is `role`, `sso-credentials`, `sso-token`, `sso-registration`,
 * `login` or `unknown`.
 */
awsaccess_status awsaccess_cache_list_start(struct awsaccess_text home,
                                            const char *const *environ,
                                            int64_t now,
                                            struct awsaccess_step **step,
                                            struct awsaccess_error **error);

/**
 * Removes files of those caches: those at `paths`, or all of them for NULL. Ends in JSON: `{"removed": [...], "kept":
 * [{"file", "reason"}]}`.
 */
awsaccess_status awsaccess_cache_clear_start(const struct awsaccess_text *paths,
                                             size_t count,
                                             struct awsaccess_text home,
                                             const char *const *environ,
                                             int64_t now,
                                             struct awsaccess_step **step,
                                             struct awsaccess_error **error);

/**
 * Signs a person in to IAM Identity Center, as `aws sso login` does. `sso` may be NULL. Ends in JSON: `{"session",
 * "start_url", "region", "expires_at", "token_file"}`.
 */
awsaccess_status awsaccess_sso_login_start(const struct awsaccess_sso *sso,
                                           const struct awsaccess_options *options,
                                           const char *const *environ,
                                           int64_t now,
                                           const uint8_t *seed,
                                           struct awsaccess_step **step,
                                           struct awsaccess_error **error);

/**
 * Lists the accounts that the person who is signed in may enter, as JSON: `[{"id", "name", "email"}]`; with
 * `account_id`, the names of the roles in that account. `sso` may be NULL.
 */
awsaccess_status awsaccess_sso_accounts_start(const struct awsaccess_sso *sso,
                                              struct awsaccess_text account_id,
                                              const struct awsaccess_options *options,
                                              const char *const *environ,
                                              int64_t now,
                                              const uint8_t *seed,
                                              struct awsaccess_step **step,
                                              struct awsaccess_error **error);

/**
 * Writes a profile of IAM Identity Center into the config file, and its `[sso-session]` if `sso` names one, as `aws
 * configure sso` does. `account_id` and `role_name` go together. Ends in JSON: `{"path"}`.
 */
awsaccess_status awsaccess_configure_sso_start(struct awsaccess_text profile,
                                               const struct awsaccess_sso *sso,
                                               struct awsaccess_text account_id,
                                               struct awsaccess_text role_name,
                                               const struct awsaccess_options *options,
                                               const char *const *environ,
                                               int64_t now,
                                               struct awsaccess_step **step,
                                               struct awsaccess_error **error);

/**
 * Signs a person in as `aws login` does; `remote`: the browser is on another device, and the person pastes the code that
 * it shows. Ends in JSON: `{"profile", "session", "account_id", "expires_at"}`.
 */
awsaccess_status awsaccess_login_start(bool remote,
                                       const struct awsaccess_options *options,
                                       const char *const *environ,
                                       int64_t now,
                                       const uint8_t *seed,
                                       struct awsaccess_step **step,
                                       struct awsaccess_error **error);

/**
 * Signs out: `sso` ends every session of IAM Identity Center, else the profile's session of `aws login` is ended. Ends in
 * JSON: `{"removed": [...]}`.
 */
awsaccess_status awsaccess_logout_start(bool sso,
                                        const struct awsaccess_options *options,
                                        const char *const *environ,
                                        int64_t now,
                                        const uint8_t *seed,
                                        struct awsaccess_step **step,
                                        struct awsaccess_error **error);

/**
 * Finds credentials as AWS's SDKs do, with the environment, files, network and clock of this process. It blocks, and
 * asks no person: a profile that wants a one-time code fails, and `awsaccess_step_start` is the way for it. `options`
 * may be NULL. Do not change the environment while it runs.
 */
awsaccess_status awsaccess_resolve(const struct awsaccess_options *options,
                                   struct awsaccess_credentials **credentials,
                                   struct awsaccess_error **error);

/**
 * An empty one. `settings` may be NULL; `seed` is 32 random bytes, NULL takes them from the system.
 */
awsaccess_status awsaccess_cached_new(const struct awsaccess_cached_settings *settings,
                                      const uint8_t *seed,
                                      struct awsaccess_cached **cached,
                                      struct awsaccess_error **error);

/**
 * What a caller does that needs credentials which are good for `need` seconds: `decision` is one of `AWSACCESS_USE`,
 * `_REFRESH_IN_BACKGROUND`, `_REFRESH_NOW` and `_WAIT`. `credentials` are those that serve, or NULL; `until` may be NULL.
 * Fails with what the source said, or where it cannot give what is needed.
 */
awsaccess_status awsaccess_cached_decide(struct awsaccess_cached *cached,
                                         int64_t now,
                                         uint32_t need,
                                         uint32_t *decision,
                                         struct awsaccess_credentials **credentials,
                                         int64_t *until,
                                         struct awsaccess_error **error);

/**
 * Ends a turn with what the source gave: `found`, or `failure` (from a call of this library, or of
 * `awsaccess_error_new`), the other one being NULL. `served` is what serves now, which after a failure may be the old
 * credentials; fails if nothing does.
 */
awsaccess_status awsaccess_cached_settle(struct awsaccess_cached *cached,
                                         int64_t now,
                                         const struct awsaccess_credentials *found,
                                         const struct awsaccess_error *failure,
                                         struct awsaccess_credentials **served,
                                         struct awsaccess_error **error);

/**
 * Gives a turn back without an answer: the one who had it was cancelled.
 */
void awsaccess_cached_abandon(struct awsaccess_cached *cached);

/**
 * AWS has refused this key as expired or invalid: the next caller has the source asked. `changed`, which may be NULL,
 * says whether that changed anything; a key that was replaced meanwhile does not.
 */
awsaccess_status awsaccess_cached_invalidate(struct awsaccess_cached *cached,
                                             int64_t now,
                                             struct awsaccess_text access_key_id,
                                             bool *changed,
                                             struct awsaccess_error **error);

/**
 * What serves at this moment, without asking anybody; fails with why nothing does.
 */
awsaccess_status awsaccess_cached_serve(const struct awsaccess_cached *cached,
                                        int64_t now,
                                        uint32_t need,
                                        struct awsaccess_credentials **credentials,
                                        struct awsaccess_error **error);

/**
 * Whether the source is left alone at this time, in seconds since 1970, after a failure.
 */
bool awsaccess_cached_is_backing_off(const struct awsaccess_cached *cached, int64_t now);

/**
 * From when on the credentials are renewed in the background, in seconds since 1970; `AWSACCESS_NEVER` where there are
 * none or they do not end.
 */
int64_t awsaccess_cached_advisory_at(const struct awsaccess_cached *cached);

/**
 * Frees it and wipes its credentials. NULL is fine.
 */
void awsaccess_cached_free(struct awsaccess_cached *cached);

/**
 * Reads the shared config and credentials files; one that does not exist is none. Gives JSON:
 * `{"profiles": {NAME: {KEY: VALUE}}, "sso_sessions": {...}, "services": {...}, "warnings": [...]}`. A value that holds
 * further settings is an object of them. **The values may be secrets.**
 */
awsaccess_status awsaccess_parse_profiles(struct awsaccess_text config,
                                          struct awsaccess_text credentials,
                                          struct awsaccess_buffer **json,
                                          struct awsaccess_error **error);

/**
 * Says where the credentials of a profile would come from, without asking anybody. `profile` none: the one that
 * `environ` selects (as POSIX has it, may be NULL), or `default`. Gives JSON:
 * `{"profile", "base": {"kind", ...}, "long_lived", "base_profile", "roles": [{"role_arn", "profile", "session_name",
 * "external_id", "mfa_serial", "region", "duration", "one_hour_cap"}], "prompts": [...], "may_need_sign_in",
 * "lasts_seconds", "longest_seconds", "warnings": [...], "text", "graph"}`; `graph` is in Graphviz's language.
 * `kind` is `keys`, `environment`, `imds`, `container`, `web-identity`, `sso`, `login`, `process` or `other`. It holds
 * no secret: `external_id` says whether there is one.
 */
awsaccess_status awsaccess_plan(struct awsaccess_text config,
                                struct awsaccess_text credentials,
                                struct awsaccess_text profile,
                                const char *const *environ,
                                struct awsaccess_buffer **json,
                                struct awsaccess_error **error);

/**
 * Where the two files are and which profile is selected, by `environ` (as POSIX has it, may be NULL). `home` none: as the
 * environment says; `platform` is `unix` or `windows`, none the one that this runs on. Gives JSON: `{"config",
 * "credentials", "profile"}`, a file being `null` whose place nobody says.
 */
awsaccess_status awsaccess_profile_files(struct awsaccess_text home,
                                         struct awsaccess_text platform,
                                         const char *const *environ,
                                         struct awsaccess_buffer **json,
                                         struct awsaccess_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AWSACCESS_H */
