/** A task that stands still until it is answered. */

/// <reference types="node" />

import type { StartOptions } from './chain.js';
import type { Credentials } from './credentials.js';
import type { Custom, Http, ListFiles, Listen, Lock, Prompt, ReadFile, RemoveFile, Resolve, RunProcess, Sign, Wait, WriteFile } from './effect.js';
import type { Attempt } from './error.js';
import type { Env } from './profile.js';
import type { Time } from './value.js';

/** There is nothing more to ask. */
export interface Done<T = Credentials> {
  readonly kind: 'done';
  readonly done: true;
  /** Every source that was tried, in order. */
  readonly trace: readonly Attempt[];
  readonly warnings: readonly string[];
  /** How many seconds the host's clock is behind AWS's, where a reply has shown it. */
  readonly clockOffset: number;
  /** What the task ends in (of {@link start}, the credentials), or throws the error. */
  result(): T;
  answer(now: Time | null | undefined, reply: unknown): never;
  decline(now?: Time | null): Done<T>;
}

/** Where a task stands. What may be secret in a question is there to be used and shown by nothing. */
export type Step<T = Credentials> =
  | ReadFile<T>
  | WriteFile<T>
  | ListFiles<T>
  | RemoveFile<T>
  | Lock<T>
  | Http<T>
  | Resolve<T>
  | RunProcess<T>
  | Prompt<T>
  | Listen<T>
  | Sign<T>
  | Custom<T>
  | Wait<T>
  | Done<T>;

/** Begins a resolution that the caller drives: read `kind`, do what it asks, answer. Dropping the step cancels it. */
export function start(env: Env, now: Time | null | undefined, options?: StartOptions): Step;
