/** Nothing secret in any log. */

/// <reference types="node" />

import { Transform } from 'node:stream';
import type { CredentialsInput } from './credentials.js';
import type { Data, Time } from './value.js';

/** Hides what looks like a secret. Text gives text, bytes give bytes. */
export function redact(text: string): string;
export function redact(bytes: Exclude<Data, string>): Buffer;

/** In which encoding a secret appears in a text (`plain`, `base64`, …), if it does: for tests of what was logged. */
export function findSecret(haystack: Data, secret: Data): string | undefined;

/** Hides secrets that it has learned, in any encoding, and others by their shape. */
export class Redactor {
  /**
   * Key ids stay readable unless `maskKeyIds` is set. `tagKey` gives every label a tag by which two places that held the
   * same secret can be told; the key makes guesses useless. `neutralize` shows control characters, and those that turn
   * the direction of writing, as `\u001b`.
   */
  constructor(options?: { readonly maskKeyIds?: boolean; readonly tagKey?: Data; readonly neutralize?: boolean });
  /** Learns the secret access key and the session token. */
  learn(credentials: CredentialsInput): this;
  /** Learns any other secret of 8 bytes to 16 KiB; `[name]` will stand in its place. */
  learn(secret: Data, name?: string): this;
  /** Forgets what was learned, once for each time that it was. */
  forget(secret: CredentialsInput | Data): this;
  /** Forgets the credentials that have expired, however often they were learned; now, unless a time is given. */
  forgetExpired(now?: Time): this;
  redact(text: string): string;
  redact(bytes: Exclude<Data, string>): Buffer;
  /** The value of a header field. */
  header(name: Data, value: string): string;
  header(name: Data, value: Exclude<Data, string>): Buffer;
  /** The value of a field of this name, such as a member of an object. */
  field(name: Data, value: string): string;
  field(name: Data, value: Exclude<Data, string>): Buffer;
  /**
   * A copy of a value without its secrets: what stands under a secret's name is hidden, and every text is searched.
   * Objects, arrays, maps, sets, buffers, errors with their causes, headers and whatever has `toJSON` are walked; what
   * refers to itself is `[circular]`, and a getter that throws `[unreadable]`.
   */
  value<T>(value: T, name?: string): T | string;
  /** A request target or url. */
  target(target: string): string;
  target(target: Exclude<Data, string>): Buffer;
  /** A query without its `?`, or a form body. */
  query(query: string): string;
  query(query: Exclude<Data, string>): Buffer;
  /** Where learned secrets appear, by their bytes, and in which encoding: for tests of what was logged. */
  search(haystack: Data): { name: string; encoding: string; start: number; end: number }[];
  /** For a text that arrives in pieces, with the secrets that are known now. */
  stream(): RedactStream;
}

/** Redacts what flows through it; however the text is cut, what comes out is the same. */
export class RedactStream extends Transform {
  constructor(redactor?: Redactor);
}

/** Settings to give to pino, or to spread into yours: everything that it logs goes through the redactor. */
export function pinoOptions(redactor?: Redactor): {
  hooks: {
    logMethod(this: unknown, args: any, method: any, level?: number): void;
    streamWrite(line: string): string;
  };
  formatters: { bindings(bindings: Record<string, unknown>): Record<string, unknown> };
};

/** A format of winston, for any place in a chain: best in the first and the last. */
export function winstonFormat(redactor?: Redactor): {
  transform(info: any, options?: unknown): any;
};
