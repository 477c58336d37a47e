/** When a source is asked again. */

/// <reference types="node" />

import type { Credentials, CredentialsInput } from './credentials.js';
import type { AwsAccessError } from './error.js';
import type { Data, Time } from './value.js';

/** How a {@link Cached} behaves; the default is the scheme of AWS's SDKs. Times are seconds. */
export interface CachedSettings {
  /** How long before their end credentials are renewed while they still serve; by their lifetime if it is left out. */
  readonly advisoryWindow?: number | null | undefined;
  /** By how much of itself, at most, that window shrinks at random; 0.1. */
  readonly jitter?: number | undefined;
  /** Whether expired credentials serve on while their source fails, where it is of that kind; true. */
  readonly serveExpired?: boolean | undefined;
  /** How long a failure is told again without asking when there is nothing to serve; 0. */
  readonly rememberFailure?: number | null | undefined;
  /** When one who asked and did not report is taken for lost; 300. */
  readonly longestRefresh?: number | null | undefined;
  /** 32 random bytes; fresh ones if they are left out. */
  readonly seed?: Data | undefined;
}

/** What a caller does now. */
export interface Decision {
  /**
   * `use` these; `refresh_in_background`: use these, and have the source asked; `refresh_now`: ask the source; `wait` for
   * another who does; `fail`.
   */
  readonly kind: 'use' | 'refresh_in_background' | 'refresh_now' | 'wait' | 'fail';
  readonly credentials: Credentials | undefined;
  /** Of `wait`: decide again by this time at the latest. */
  readonly until: Date | undefined;
  /** Of `fail`: what to throw. */
  readonly error: AwsAccessError | undefined;
}

/** The credentials of one source, and what each caller does: a pure function of the time. It waits for nobody. */
export class Cached {
  constructor(settings?: CachedSettings);
  /** For a caller that needs credentials which are good for `need` seconds. */
  decide(now?: Time | null, need?: number): Decision;
  /** Ends a turn with what the source gave or threw. Gives what serves now, which may be the old credentials, or throws. */
  settle(now: Time | null | undefined, result: CredentialsInput | AwsAccessError): Credentials;
  /** Gives a turn back without an answer. */
  abandon(): void;
  /** AWS has refused this key as expired or invalid. Says whether that changed anything. */
  invalidate(now: Time | null | undefined, accessKeyId: string): boolean;
  /** What serves at this moment, without asking anybody; throws why nothing does. */
  serve(now?: Time | null, need?: number): Credentials;
  /** Whether the source is left alone after a failure. */
  isBackingOff(now?: Time | null): boolean;
  /** What there is, good or not. */
  readonly credentials: Credentials | undefined;
  readonly lastFailure: AwsAccessError | undefined;
  /** From when on the credentials are renewed in the background. */
  readonly advisoryAt: Date | undefined;
}

/** Credentials that many tasks share: one call of `ask` at a time, however many need them. */
export class Provider {
  constructor(ask: () => CredentialsInput | PromiseLike<CredentialsInput>, cached?: Cached);
  /** Credentials that are good for `need` seconds; waits for a source that has to be asked. */
  get(need?: number): Promise<Credentials>;
  /** AWS has refused this key: the next one has the source asked. */
  invalidate(accessKeyId: string): boolean;
}
