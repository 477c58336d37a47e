/**
 * AWS credentials, role chains, SigV4 verification and re-signing, and log redaction, as pure functions.
 *
 * Only {@link resolve} and {@link resolveSync} read files, sockets and the environment; everything else computes.
 * All errors are {@link AwsAccessError}s, told apart by their `code`.
 */

/// <reference types="node" />

import type { Transform } from 'node:stream';

/** A point in time: a `Date`, or seconds since the epoch. A number above 1e11 (milliseconds) is an error. */
export type Time = Date | number;

/** Text, taken as UTF-8, or bytes, taken as they are. */
export type Data = string | ArrayBuffer | ArrayBufferView;

/** A header name or value. Text is one byte a character (Latin-1): a character above U+00FF, CR, LF or NUL is an error. */
export type HeaderText = string | Uint8Array;

/**
 * Header fields: pairs, a flat list (`rawHeaders`), anything with `entries()` (`Headers`, `Map`), or an object.
 * Order and spelling are kept.
 */
export type HeadersInput =
  | ReadonlyArray<readonly [HeaderText, HeaderText | number]>
  | ReadonlyArray<HeaderText>
  | { entries(): Iterable<[HeaderText, HeaderText | number | ReadonlyArray<HeaderText>]> }
  | { readonly [name: string]: HeaderText | number | ReadonlyArray<HeaderText> };

/** A header field to send: what the caller gave comes back as it was. */
export type HeaderPair = [name: HeaderText, value: HeaderText];

/** What `err.code` can be; the same names in every language. */
export type ErrorCode =
  | 'not_configured'
  | 'profile'
  | 'config'
  | 'declined'
  | 'unreachable'
  | 'timeout'
  | 'denied'
  | 'service'
  | 'malformed'
  | 'expired'
  | 'mfa'
  | 'limit'
  | 'input'
  | 'sign'
  | 'verify'
  | 'resign'
  | 'used'
  | 'wrong_answer'
  | 'internal'
  | 'cancelled';

/** Every {@link ErrorCode} with its number in C. */
export const errorCodes: Readonly<Record<ErrorCode, number>>;

/** One source that was tried, and why it was passed over. */
export interface Attempt {
  readonly source: string;
  readonly outcome: 'not_configured' | 'failed' | 'ok';
  readonly reason: string;
}

/** What every function of this module throws. Its message is one line and carries no secret. */
export class AwsAccessError extends Error {
  constructor(code: ErrorCode, message: string);
  readonly code: ErrorCode;
  /** AWS's own code, where AWS was the one to refuse, or where AWS would have answered with it. */
  readonly awsCode?: string | undefined;
  /** Whether the same call may succeed later without a change of configuration. */
  readonly retryable: boolean;
  /** What a resolution tried before it failed. */
  readonly attempts?: readonly Attempt[] | undefined;
}

/** What can be wrong with a request that claims to be signed. */
export type VerifyErrorKind =
  | 'malformed-request'
  | 'malformed-query'
  | 'missing-authentication'
  | 'multiple-authentication'
  | 'unsupported-algorithm'
  | 'malformed-authorization'
  | 'duplicate-header'
  | 'header-not-signed'
  | 'signed-header-absent'
  | 'hop-signed'
  | 'malformed-date'
  | 'expired'
  | 'not-yet-valid'
  | 'invalid-expires'
  | 'malformed-credential'
  | 'wrong-scope'
  | 'invalid-token'
  | 'unknown-key'
  | 'signature-mismatch'
  | 'payload-mismatch'
  | 'unsupported-payload'
  | 'payload-required';

/** A request that was not accepted. `message` is for the client, in AWS's own words. */
export class VerifyError extends AwsAccessError {
  private constructor();
  readonly code: 'verify';
  readonly kind: VerifyErrorKind;
  readonly awsCode: string;
  /** The HTTP status that AWS answers with. */
  readonly status: number;
  /** What the operator should know; never to be sent to the client. Not enumerable. */
  readonly operatorDetail: string;
}

/** A profile file that cannot be read. */
export class ProfileError extends AwsAccessError {
  private constructor();
  readonly code: 'profile';
  readonly file: 'config' | 'credentials';
  /** Counted from 1. */
  readonly line: number;
}

/** Keys to sign with; the AWS SDK's credential identities are of this shape. */
export interface CredentialsInput {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | null | undefined;
  /** When AWS begins to refuse them. */
  readonly expiresAt?: Time | null | undefined;
  /** The SDK's name for `expiresAt`. */
  readonly expiration?: Time | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly source?: string | null | undefined;
}

/** A set of AWS credentials. Printing it, also as JSON, shows no secret. It can be handed to the AWS SDK as it is. */
export class Credentials {
  constructor(from: CredentialsInput);
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly expiresAt: Date | undefined;
  /** The same as `expiresAt`, as the AWS SDK calls it. */
  readonly expiration: Date | undefined;
  readonly accountId: string | undefined;
  /** Where they came from: `environment`, `profile`, `imds`, `assume-role`. */
  readonly source: string | undefined;
  toJSON(): object;
}

/** How a request is signed, where its service wants it otherwise than its name says. */
export interface SigningSettings {
  readonly credentials: CredentialsInput;
  readonly region: string;
  /** The signing name, such as `dynamodb` or `execute-api`. */
  readonly service: string;
  /** The clock's time if it is left out. */
  readonly now?: Time | null | undefined;
  /** In place of the body's own hash: a hex SHA-256, or one of AWS's literals (`UNSIGNED-PAYLOAD`, `STREAMING-…`). */
  readonly payload?: string | null | undefined;
  /** Whether the encoded path is encoded once more; for all but S3's family if it is left out. */
  readonly doubleEncode?: boolean | null | undefined;
  /** Whether the path is normalised for signing; for all but S3's family if it is left out. */
  readonly normalize?: boolean | null | undefined;
  /** Whether `x-amz-content-sha256` is added. */
  readonly contentSha256Header?: boolean | null | undefined;
  /** The session token is signed (the default), added after signing, or left out. */
  readonly sessionToken?: 'sign' | 'append' | 'omit' | undefined;
  /** This version signs with `v4` only. */
  readonly algorithm?: 'v4' | undefined;
}

/** A request to sign. */
export interface SignRequest extends SigningSettings {
  readonly method: string;
  /** Absolute, or `/path?query` beside a Host header; taken as it is. */
  readonly url: string | URL | Uint8Array;
  readonly headers?: HeadersInput | null | undefined;
  readonly body?: Data | null | undefined;
}

/**
 * Signs a request in its headers. Gives all headers to send: the caller's own in order, less those that signing sets
 * anew, then those added.
 *
 * @throws {AwsAccessError} `sign` if the request could not be sent as it is; `input` for an argument of the wrong form.
 */
export function sign(request: SignRequest): HeaderPair[];

/** A request to sign in its query. */
export interface PresignRequest extends SignRequest {
  /** For how many seconds the url is good: 1 to 604800. */
  readonly expires: number;
}

/** Signs in the query, and gives the url (or target) to send; bytes if the url was bytes. For S3 say `payload: 'UNSIGNED-PAYLOAD'`. */
export function presign(request: PresignRequest & { readonly url: string | URL }): string;
export function presign(request: PresignRequest & { readonly url: Uint8Array }): Buffer;

/** What a verifier insists on. All that is left out is strict. */
export interface Policy {
  /** Seconds that the request's time may be from now; 900 for S3's family and 300 for all others if it is left out. */
  readonly maxSkew?: number | undefined;
  /** The longest lifetime of a presigned url, in seconds. */
  readonly maxExpires?: number | undefined;
  /** The region that the scope must name. */
  readonly region?: string | undefined;
  /** The signing name that the scope must name. */
  readonly service?: string | undefined;
  /** Headers that must be signed, present or not. */
  readonly requireSigned?: readonly string[] | undefined;
  /** Headers that must be signed if they are there. */
  readonly requireSignedIfPresent?: readonly string[] | undefined;
  /** Whether every `x-amz-*` header must be signed; true. */
  readonly requireAmzSigned?: boolean | undefined;
  /** `x-amz-*` headers that need not be. */
  readonly unsignedAmz?: readonly string[] | undefined;
  /** Whether `UNSIGNED-PAYLOAD` is taken from every service; false. */
  readonly anyUnsignedPayload?: boolean | undefined;
  /** Whether `Date` serves where `X-Amz-Date` is missing; true. */
  readonly dateHeader?: boolean | undefined;
  /** Whether an unknown key and a wrong token are answered as a wrong signature is; false. */
  readonly uniformErrors?: boolean | undefined;
}

export interface VerifyOptions {
  readonly now?: Time | null | undefined;
  readonly policy?: Policy | null | undefined;
}

/** The head of a request that arrived. */
export interface RequestHead {
  readonly method: string;
  /** As it was on the wire. */
  readonly target: string | URL | Uint8Array;
  readonly headers?: HeadersInput | null | undefined;
}

/** A head, and the body if it is at hand; without one the declared hash is used, and the body is checked as it flows. */
export interface RequestInput extends RequestHead {
  readonly body?: Data | null | undefined;
}

/** What a key id stands for: a secret, one with its session token, or credentials. Nothing for an unknown key id. */
export type KeyInput = string | readonly [secret: string, sessionToken: string | null | undefined] | CredentialsInput | null | undefined;

interface Facts {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /** Lower case and ascending. */
  readonly signedHeaders: string[];
  /** What the head declares of the body: a hex SHA-256, a literal, or nothing. */
  readonly payload: string | undefined;
  readonly presigned: boolean;
  readonly signedAt: Date;
  /** The lifetime of a presigned url, in seconds. */
  readonly expires: number | undefined;
  /** The session token that came with the request; never shown by printing. */
  readonly sessionToken: string | undefined;
  toJSON(): object;
}

/** A request that names its signer: parsed and checked, not yet proven. It serves once. */
export class Claim {
  private constructor();
  /**
   * Proves it. `null` or `undefined` stands for an unknown key, which is refused after the same work.
   *
   * @throws {VerifyError}
   */
  verify(key: KeyInput, body?: Data | null): Verified;
}
export interface Claim extends Facts {}

export interface ResignOptions {
  /**
   * Scheme and host that the request goes to, or the whole url of the same path and query; those that it came with
   * if it is left out.
   */
  readonly url?: string | URL | undefined;
  readonly now?: Time | null | undefined;
  /** A prefix of the path that belongs to the listener: verified, then taken off. */
  readonly basePath?: string | undefined;
  /** Drops ordinary headers that the client did not sign. */
  readonly strict?: boolean | undefined;
}

/** A head that AWS will accept, complete. */
export interface Resigned {
  readonly method: string;
  readonly url: string;
  readonly headers: [name: string, value: string][];
}

/** A request whose signature is right. Only a claim gives one. */
export class Verified {
  private constructor();
  /**
   * Signs it again, once.
   *
   * @throws {AwsAccessError} `resign` if it holds what must not be forwarded, or the credentials have expired.
   */
  resign(credentials: CredentialsInput, options?: ResignOptions): Resigned;
  /**
   * The way for its body, before or after the head is signed again; once. The pieces of a body that is signed piece by
   * piece are signed again, after `resign` only. Checksums in trailers are checked.
   */
  bodyResigner(credentials: CredentialsInput): BodyResigner;
}
export interface Verified extends Facts {}

/** A body on its way: bytes in, bytes out, the same in number. The last byte is held back until all is right. */
export class BodyResigner {
  private constructor();
  /** Takes the next bytes, gives those that may be sent. After an error nothing more must be sent. */
  push(data: Data): Buffer;
  /** Ends the body and gives what was held back. */
  finish(): Buffer;
}

/** Parses a request that claims to be signed, and checks all that needs no key. @throws {VerifyError} */
export function claim(request: RequestHead, options?: VerifyOptions): Claim;

/** {@link claim} and {@link Claim.verify} in one call. What `lookup` throws is thrown unchanged. @throws {VerifyError} */
export function verify(request: RequestInput, lookup: (accessKeyId: string, claim: Claim) => KeyInput, options?: VerifyOptions): Verified;

/** The same with a lookup that may take its time. */
export function verifyAsync(
  request: RequestInput,
  lookup: (accessKeyId: string, claim: Claim) => KeyInput | PromiseLike<KeyInput>,
  options?: VerifyOptions,
): Promise<Verified>;

/** Hides what looks like a secret. Text gives text, bytes give bytes. */
export function redact(text: string): string;
export function redact(bytes: Exclude<Data, string>): Buffer;

/** In which encoding a secret appears in a text (`plain`, `base64`, …), if it does: for tests of what was logged. */
export function findSecret(haystack: Data, secret: Data): string | undefined;

/** Hides secrets that it has learned, in any encoding, and others by their shape. */
export class Redactor {
  /** Key ids stay readable unless `maskKeyIds` is set. */
  constructor(options?: { readonly maskKeyIds?: boolean });
  /** Learns the secret access key and the session token. */
  learn(credentials: CredentialsInput): this;
  /** Learns any other secret of 8 bytes to 16 KiB; `[name]` will stand in its place. */
  learn(secret: Data, name?: string): this;
  /** Forgets what was learned, once for each time that it was. */
  forget(secret: CredentialsInput | Data): this;
  redact(text: string): string;
  redact(bytes: Exclude<Data, string>): Buffer;
  /** The value of a header field. */
  header(name: Data, value: string): string;
  header(name: Data, value: Exclude<Data, string>): Buffer;
  /** A request target or url. */
  target(target: string): string;
  target(target: Exclude<Data, string>): Buffer;
  /** A query without its `?`, or a form body. */
  query(query: string): string;
  query(query: Exclude<Data, string>): Buffer;
  /** For a text that arrives in pieces, with the secrets that are known now. */
  stream(): RedactStream;
}

/** Redacts what flows through it; however the text is cut, what comes out is the same. */
export class RedactStream extends Transform {
  constructor(redactor?: Redactor);
}

/** The properties of a section; one that holds others is an object of them. */
export type Section = { [key: string]: string | { [key: string]: string } };

/** What the two files say. Any value can be a secret; printing this object shows names only. */
export interface ParsedProfiles {
  readonly profiles: { [name: string]: Section };
  readonly ssoSessions: { [name: string]: Section };
  readonly services: { [name: string]: Section };
  readonly warnings: string[];
  toJSON(): object;
}

/** Reads the contents of the config and credentials files; one that does not exist is left out. @throws {ProfileError} */
export function parseProfiles(config?: Data | null, credentials?: Data | null): ParsedProfiles;

/** Where the first credentials of a plan come from. `profile` is the one that says so. */
export type PlanBase = { profile: string } & (
  | { kind: 'keys'; accessKeyId: string }
  | { kind: 'environment' | 'imds' | 'container' | 'other' }
  | { kind: 'web-identity'; roleArn: string; tokenFile: string; sessionName: string | null }
  | { kind: 'sso'; session: string | null; region: string; startUrl: string; accountId: string | null; roleName: string | null }
  | { kind: 'login'; session: string }
  | { kind: 'process'; accountId: string | null }
);

/** One role of a plan. */
export interface PlanRole {
  kind: 'assume-role';
  profile: string;
  roleArn: string;
  /** Not enumerable. */
  externalId: string | null;
  sessionName: string | null;
  /** How many seconds the session will last. */
  duration: number;
  mfaSerial: string | null;
  region: string | null;
  /** It is assumed with another role's session, so that AWS gives one hour at most. */
  oneHourCap: boolean;
}

/** One step of a plan: the first credentials, then each role. */
export type PlanStep = PlanBase | PlanRole;

/** What a profile leads to. `toString()` gives it in words. */
export interface Plan {
  profile: string;
  steps: [PlanBase, ...PlanRole[]];
  /** The first of the steps; not enumerable. */
  readonly base: PlanBase;
  readonly baseProfile: string;
  /** The rest of them; not enumerable. */
  readonly roles: PlanRole[];
  /** The MFA devices whose codes will be asked for, in order. */
  prompts: string[];
  /** How many seconds the session of each role will last, in order. */
  durations: number[];
  warnings: string[];
  toString(): string;
}

/** An environment; variables that are `undefined` are not set. */
export type Env = { readonly [name: string]: string | undefined };

/**
 * Resolves a profile to a plan, asking nobody.
 *
 * `files` holds contents by path, or as `config` and `credentials`.
 *
 * @throws {AwsAccessError} `config` if the profile leads nowhere; {@link ProfileError} if a file cannot be read.
 */
export function plan(
  env: Env,
  files: { readonly config?: Data | null; readonly credentials?: Data | null } | { readonly [path: string]: Data | null | undefined } | ReadonlyMap<string, Data>,
  options?: { readonly profile?: string; readonly home?: string },
): Plan;

/** A place that credentials may come from. */
export type Source = 'code' | 'environment' | 'profile' | 'web-identity' | 'container' | 'imds';

/** A role to assume. */
export interface Role {
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  readonly sessionName?: string | undefined;
  /** Seconds. */
  readonly duration?: number | undefined;
  readonly mfaSerial?: string | undefined;
  readonly region?: string | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly policy?: string | undefined;
}

/** Settings of one resolution; each outranks the environment, which outranks the files. */
export interface ChainOptions {
  /** It must exist; the keys of the environment are passed over for it. */
  readonly profile?: string | null | undefined;
  /** The region of the STS that is asked. */
  readonly region?: string | null | undefined;
  readonly home?: string | null | undefined;
  /** Which sources are tried, in which order. */
  readonly order?: readonly Source[] | undefined;
  /** Credentials that are at hand already. */
  readonly credentials?: CredentialsInput | undefined;
  /** Roles to assume with what is found, in this order; an ARN or more. */
  readonly assume?: readonly (string | Role)[] | undefined;
  readonly stsEndpoint?: string | null | undefined;
  readonly imdsEndpoint?: string | null | undefined;
}

export interface StartOptions extends ChainOptions {
  /** 32 bytes from a cryptographic generator; fresh ones if they are left out. */
  readonly seed?: Data | undefined;
}

/** Why there is no answer. Any object with a text `failure` is one. */
export interface Failure {
  /** For HTTP `refused`, `unreachable`, `timeout`, `tls`, `too_large` or `other`; else a line for a person. */
  readonly failure: string;
  readonly message?: string | undefined;
}

/** A reply to an HTTP request, whatever its status. */
export class HttpReply {
  constructor(status: number, headers?: HeadersInput | null, body?: Data | null);
  readonly status: number;
  readonly headers?: HeadersInput | null | undefined;
  readonly body?: Data | null | undefined;
}
export class HttpFailure implements Failure {
  constructor(reason: 'refused' | 'unreachable' | 'timeout' | 'tls' | 'too_large' | 'other', message?: string);
  readonly failure: string;
  readonly message: string;
}
export class FileFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
/** How a program ended: its status, or minus the number of the signal that ended it. */
export class ProcessReply {
  constructor(code: number, stdout?: Data | null, stderr?: Data | null);
  readonly code: number;
  readonly stdout?: Data | null | undefined;
  readonly stderr?: Data | null | undefined;
}
export class ProcessFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
/** The redirect that arrived: its port, and its query without the question mark. */
export class ListenReply {
  constructor(port: number, query: string);
  readonly port: number;
  readonly query: string;
}
export class ListenFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
export class SignFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}

/** A task that stands at a question. Answering consumes it; a second answer is the error `used`. */
interface Asking<Kind extends string, Reply> {
  readonly kind: Kind;
  readonly done: false;
  readonly trace: readonly Attempt[];
  /** Goes on. An answer of the wrong kind is the error `wrong_answer` and leaves the step as it was. */
  answer(now: Time | null | undefined, reply: Reply): Step;
  /** Goes on without an answer: not on this host. */
  decline(now?: Time | null): Step;
  /** Throws: there is no result yet. */
  result(): never;
}

/** The contents of a file; answer `null` if there is none. */
export interface ReadFile extends Asking<'readFile', Data | null | undefined | Failure> {
  readonly path: string;
  readonly maxBytes: number;
}
/** Writes a file whole or not at all, mode 0600. */
export interface WriteFile extends Asking<'writeFile', true | Failure> {
  readonly path: string;
  readonly data: Buffer;
}
/** The names in a directory. */
export interface ListFiles extends Asking<'listFiles', readonly string[] | Failure> {
  readonly path: string;
  readonly maxBytes: number;
}
export interface RemoveFile extends Asking<'removeFile', true | Failure> {
  readonly path: string;
}
/** Takes (`hold`) or gives back a lock that other processes honour too. */
export interface Lock extends Asking<'lock', true | Failure> {
  readonly path: string;
  readonly hold: boolean;
}
/** One request, to be sent as it is; no redirect is followed. `direct` forbids a proxy. Times are seconds. */
export interface Http extends Asking<'http', HttpReply | { status: number; headers?: HeadersInput | null; body?: Data | null } | Failure> {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly timeout: number;
  readonly direct: boolean;
  readonly maxBytes: number;
}
/** The addresses of a host name. */
export interface Resolve extends Asking<'resolve', readonly string[] | Failure> {
  readonly host: string;
}
/** Runs a program without a shell. */
export interface RunProcess extends Asking<'runProcess', ProcessReply | { code: number; stdout?: Data | null; stderr?: Data | null } | Failure> {
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly timeout: number;
  readonly maxBytes: number;
}
/** Shows a line to a person and takes what they type, without echo. */
export interface Prompt extends Asking<'prompt', string> {
  readonly prompt: 'mfa' | 'sign_in';
  readonly serial: string | null;
  readonly message: string;
}
/** Opens a page and takes the one redirect that it makes to a loopback port. */
export interface Listen extends Asking<'listen', ListenReply | { port: number; query: string } | Failure> {
  readonly page: string;
  readonly path: string;
  readonly timeout: number;
}
/** A signature with a key that the host holds. */
export interface Sign extends Asking<'sign', Exclude<Data, string> | Failure> {
  readonly key: string;
  readonly algorithm: 'rsa_pkcs1_sha256' | 'ecdsa_sha256_der' | 'es256';
  readonly message: Buffer;
}
/** Lets time pass. */
export interface Wait extends Asking<'wait', true> {
  readonly seconds: number;
}
/** There is nothing more to ask. */
export interface Done {
  readonly kind: 'done';
  readonly done: true;
  /** Every source that was tried, in order. */
  readonly trace: readonly Attempt[];
  readonly warnings: readonly string[];
  /** The credentials, or throws the error. */
  result(): Credentials;
  answer(now: Time | null | undefined, reply: unknown): never;
  decline(now?: Time | null): Done;
}

/** Where a resolution stands. What may be secret in a question is there to be used and shown by nothing. */
export type Step = ReadFile | WriteFile | ListFiles | RemoveFile | Lock | Http | Resolve | RunProcess | Prompt | Listen | Sign | Wait | Done;

/** Begins a resolution that the caller drives: read `kind`, do what it asks, answer. Dropping the step cancels it. */
export function start(env: Env, now: Time | null | undefined, options?: StartOptions): Step;

export interface ResolveOptions extends ChainOptions {
  /** In place of `process.env`. Proxies and `AWS_CA_BUNDLE` are read from it too. */
  readonly env?: Env | undefined;
  /** Asks a person for an MFA code, in place of the terminal; `false` asks nobody. */
  readonly prompt?: false | ((question: Prompt) => string | undefined | PromiseLike<string | undefined>) | undefined;
  /** Gives the resolution up; it then throws `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds credentials as AWS's SDKs do, with the environment, files, network and clock of this process.
 *
 * @throws {AwsAccessError} whose `attempts` tell what every source said.
 */
export function resolve(options?: ResolveOptions): Promise<Credentials>;

/** The same, while the thread stands still; HTTP is done on a thread of its own. */
export function resolveSync(
  options?: Omit<ResolveOptions, 'signal' | 'prompt'> & { readonly prompt?: false | ((question: Prompt) => string | undefined) },
): Credentials;
