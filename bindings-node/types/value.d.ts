/** What goes in: times, text, bytes, header fields. */

/// <reference types="node" />

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
