/** Verifying, and signing again. */

/// <reference types="node" />

import type { CredentialsInput, Delegate } from './credentials.js';
import type { Data, HeadersInput, Time } from './value.js';

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
  /** Whether SigV4A is taken; true. */
  readonly sigv4a?: boolean | undefined;
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

/** What a key id stands for: a secret, one with its session token, credentials or a delegate. Nothing for an unknown key id. */
export type KeyInput =
  | string
  | readonly [secret: string, sessionToken: string | null | undefined]
  | CredentialsInput
  | Delegate
  | null
  | undefined;

interface Facts {
  readonly accessKeyId: string;
  /** `v4a` for SigV4A. */
  readonly algorithm: 'v4' | 'v4a';
  /** The region of the scope, or the region set of SigV4A as it is written. */
  readonly region: string;
  /** The names and patterns of the region set; none for SigV4. */
  readonly regionSet: string[] | undefined;
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
  resign(credentials: CredentialsInput | Delegate, options?: ResignOptions): Resigned;
  /**
   * The way for its body, before or after the head is signed again; once. The pieces of a body that is signed piece by
   * piece are signed again, after `resign` only. Checksums in trailers are checked, unless `checksums` is false: then the receiver does.
   */
  bodyResigner(credentials: CredentialsInput | Delegate, options?: { readonly checksums?: boolean | undefined }): BodyResigner;
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
