/** Why a signature was refused. */

/// <reference types="node" />

import type { CredentialsInput } from './credentials.js';
import type { Data, HeadersInput, Time } from './value.js';

/** Why a signature was refused, with nothing secret in it. */
export interface Diagnosis {
  /** One of a closed list (`header-removed`, `wrong-region`, `clock-skew`); `nothing` where nothing is wrong. */
  cause: string;
  part: 'method' | 'path' | 'query' | 'header' | 'signed-headers' | 'payload' | 'date' | 'scope' | 'key' | 'authentication';
  /** The header or the query parameter, where it is about one. */
  subject: string | null;
  /** Whether it is proven, not only likely. */
  certain: boolean;
  explanation: string;
  remedy: string;
  /** The line as the client signed it; secret values by their length alone. */
  ours: string | null;
  /** The line as the service saw it, or would. */
  theirs: string | null;
}

/** A service's answer; or the bytes on the wire. */
export type ReplyInput = Data | { readonly status?: number | null; readonly headers?: HeadersInput | null; readonly body?: Data | null };

/**
 * Names the cause of a refused signature. The more is given, the more certain it is.
 *
 * The request is the one that left the client. `credentials` are the keys that it meant to sign with; `region` and `service`
 * what the service wants, where its host does not tell; `canonicalRequest` what the client logged; `now` when it was sent.
 */
export function diagnose(
  request: { readonly method: string; readonly url: string | URL | Uint8Array; readonly headers?: HeadersInput | null; readonly body?: Data | null },
  reply?: ReplyInput | null,
  options?: {
    readonly credentials?: CredentialsInput | null | undefined;
    readonly region?: string | null | undefined;
    readonly regionSet?: readonly string[] | null | undefined;
    readonly service?: string | null | undefined;
    readonly canonicalRequest?: Data | null | undefined;
    readonly now?: Time | null | undefined;
  },
): Diagnosis;
