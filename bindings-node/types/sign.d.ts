/** Signing. */

/// <reference types="node" />

import type { CredentialsInput, Delegate } from './credentials.js';
import type { Data, HeaderPair, HeadersInput, Time } from './value.js';

/** How a request is signed, where its service wants it otherwise than its name says. */
export interface SigningSettings {
  readonly credentials: CredentialsInput | Delegate;
  /** The region; or {@link regionSet} in its place. */
  readonly region?: string | null | undefined;
  /** Names and patterns such as `eu-*`: signs with SigV4A. */
  readonly regionSet?: readonly string[] | null | undefined;
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
  /** The session token is signed (the default), added after signing, left out, or sent as sessions of S3 Express are. */
  readonly sessionToken?: 'sign' | 'append' | 'omit' | 's3express' | undefined;
  /** As the region says if it is left out; `v4a` with a region is a set of that one. */
  readonly algorithm?: 'v4' | 'v4a' | null | undefined;
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

/** What is hashed and signed, for a person who looks for a difference. Not enumerable: it holds the session token. */
export interface Explanation {
  readonly canonicalRequest: Buffer;
  readonly stringToSign: Buffer;
}

/** What {@link sign} hashes and signs; with `expires`, what {@link presign} does. */
export function explain(request: SignRequest & { readonly expires?: number | null | undefined }): Explanation;
