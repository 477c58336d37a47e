/** Tasks driven with the means of this machine. */

/// <reference types="node" />

import type { ChainOptions } from './chain.js';
import type { Credentials, CredentialsInput } from './credentials.js';
import type { Prompt } from './effect.js';
import type { Env } from './profile.js';
import type { Done, Step } from './step.js';
import type { CallerIdentity } from './task.js';

/** How this machine answers. */
export interface HostOptions {
  /** In place of `process.env`. Proxies and `AWS_CA_BUNDLE` are read from it too. */
  readonly env?: Env | undefined;
  /** Asks a person for an MFA code, in place of the terminal; `false` asks nobody. */
  readonly prompt?: false | ((question: Prompt) => string | undefined | PromiseLike<string | undefined>) | undefined;
  /** Gives the resolution up; it then throws `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Sources of your own by name, which the order asks for as `custom:<name>`. */
  readonly custom?: { readonly [name: string]: () => CustomSource | PromiseLike<CustomSource> } | undefined;
}

/** What a source of your own holds, if it holds any. */
export type CustomSource = CredentialsInput | null | undefined;

export interface ResolveOptions extends ChainOptions, HostOptions {}

/**
 * Finds credentials as AWS's SDKs do, with the environment, files, network and clock of this process.
 *
 * @throws {AwsAccessError} whose `attempts` tell what every source said.
 */
export function resolve(options?: ResolveOptions): Promise<Credentials>;

/** The same, while the thread stands still; HTTP is done on a thread of its own. */
export function resolveSync(
  options?: Omit<ResolveOptions, 'signal' | 'prompt' | 'custom'> & {
    readonly prompt?: false | ((question: Prompt) => string | undefined);
    readonly custom?: { readonly [name: string]: () => CustomSource };
  },
): Credentials;

/** Whose credentials {@link resolve} would find, as STS says. */
export function callerIdentity(options?: ResolveOptions): Promise<CallerIdentity>;

/** Answers every question of a task with files, network, programs and the clock of this machine; gives its last step. */
export function run<T>(step: Step<T>, options?: HostOptions): Promise<Done<T>>;
