/** The other tasks, and what they end in. */

/// <reference types="node" />

import type { StartOptions } from './chain.js';
import type { Credentials } from './credentials.js';
import type { Env, Plan } from './profile.js';
import type { Step } from './step.js';
import type { Time } from './value.js';

/** Whose credentials they are. */
export interface CallerIdentity {
  account: string;
  arn: string;
  userId: string;
  /** What was asked with. */
  credentials: Credentials;
}
/** A token for the services that take one in place of a signature. */
export interface BearerToken {
  /** What goes into `Authorization: Bearer`. Not enumerable. */
  readonly token: string;
  expiresAt: Date | undefined;
  source: 'environment' | 'sso';
}
/** One file of the caches that the AWS CLI and SDKs share. Nothing secret of it is here. */
export interface StoredFile {
  path: string;
  kind: 'role' | 'sso-credentials' | 'sso-token' | 'sso-registration' | 'login' | 'unknown';
  expiresAt: Date | undefined;
  /** What it is for, as far as the file says. */
  about: string | undefined;
}
/** Which cached files are gone, and which could not be removed, each with the reason. */
export interface Cleared {
  removed: StoredFile[];
  kept: [file: StoredFile, reason: string][];
}
/** A token of IAM Identity Center was fetched and is in its file. */
export interface SignedIn {
  session: string | undefined;
  startUrl: string;
  region: string;
  expiresAt: Date;
  tokenFile: string;
}
/** A session of `aws login` that a profile can use. */
export interface LoggedIn {
  profile: string;
  /** Who signed in: the `login_session` of the profile. */
  session: string;
  accountId: string;
  /** When its first credentials end. */
  expiresAt: Date;
}
/** The files of the sessions that are over. */
export interface LoggedOut {
  removed: string[];
}
/** An account that a person may enter. */
export interface Account {
  id: string;
  name: string | undefined;
  email: string | undefined;
}

/** The portal: that of the profile, of the `[sso-session]` named `session`, or `startUrl` in `ssoRegion`. */
export interface Portal {
  readonly session?: string | undefined;
  readonly startUrl?: string | undefined;
  readonly ssoRegion?: string | undefined;
}

/** Finds credentials as {@link start} does, then asks STS whose they are. */
export function startCallerIdentity(env: Env, now: Time | null | undefined, options?: StartOptions): Step<CallerIdentity>;
/** Finds the region: in code, in the environment, in the profile and its sources, at the instance. */
export function startRegion(env: Env, now: Time | null | undefined, options?: StartOptions): Step<string | undefined>;
/** Finds the bearer token of a service; `service` is the name that it signs as. */
export function startBearerToken(service: string, env: Env, now: Time | null | undefined, options?: StartOptions): Step<BearerToken>;
/** Plans the selected profile from the files that the host reads; no request is made. */
export function startPlan(env: Env, now: Time | null | undefined, options?: StartOptions): Step<Plan>;
/** Lists the files of the shared caches. */
export function startCacheList(env: Env, now: Time | null | undefined, options?: StartOptions): Step<StoredFile[]>;
/** Removes files of those caches: those at `paths`, or all of them. */
export function startCacheClear(
  env: Env,
  now: Time | null | undefined,
  options?: StartOptions & { readonly paths?: readonly string[] | undefined },
): Step<Cleared>;
/** Signs a person in to IAM Identity Center: with a browser on this machine (`listen`), or with a code (`prompt`). */
export function startSsoLogin(
  env: Env,
  now: Time | null | undefined,
  options?: StartOptions &
    Portal & {
      readonly scopes?: readonly string[] | undefined;
      readonly deviceCode?: boolean | undefined;
      readonly clientName?: string | undefined;
    },
): Step<SignedIn>;
/** Lists the accounts that the person who is signed in may enter; with `accountId`, the roles in that account. */
export function startSsoAccounts(
  env: Env,
  now: Time | null | undefined,
  options: StartOptions & Portal & { readonly accountId: string },
): Step<string[]>;
export function startSsoAccounts(env: Env, now: Time | null | undefined, options?: StartOptions & Portal): Step<Account[]>;
/** Writes a profile of IAM Identity Center into the config file, as `aws configure sso` does; ends in the file's path. */
export function startConfigureSso(
  name: string,
  env: Env,
  now: Time | null | undefined,
  options: StartOptions & {
    readonly startUrl: string;
    readonly ssoRegion: string;
    readonly session?: string | undefined;
    readonly accountId?: string | undefined;
    readonly roleName?: string | undefined;
    readonly output?: string | undefined;
    readonly profileRegion?: string | undefined;
  },
): Step<string>;
/** Signs a person in as `aws login` does; `remote`: the browser is on another device. */
export function startLogin(
  env: Env,
  now: Time | null | undefined,
  options?: StartOptions & { readonly remote?: boolean | undefined },
): Step<LoggedIn>;
/** Signs out: `sso` ends every session of IAM Identity Center, else the profile's session of `aws login` is ended. */
export function startLogout(
  env: Env,
  now: Time | null | undefined,
  options?: StartOptions & { readonly sso?: boolean | undefined },
): Step<LoggedOut>;
