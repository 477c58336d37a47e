/** Nothing secret in any log. */

/// <reference types="node" />

import { Transform } from 'node:stream';
import type { CredentialsInput } from './credentials.js';
import type { Data } from './value.js';

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
