/** The shared files, and what a profile leads to. */

/// <reference types="node" />

import type { Data } from './value.js';

/** The properties of a section; one that holds others is an object of them. */
export type Section = { [key: string]: string | { [key: string]: string } };

/** What the two files say. Any value can be a secret; printing this object shows names only. */
export interface ParsedProfiles {
  readonly profiles: { [name: string]: Section };
  readonly ssoSessions: { [name: string]: Section };
  readonly services: { [name: string]: Section };
  readonly warnings: string[];
  toJSON(): object;
}

/** Reads the contents of the config and credentials files; one that does not exist is left out. @throws {ProfileError} */
export function parseProfiles(config?: Data | null, credentials?: Data | null): ParsedProfiles;

/** Where the first credentials of a plan come from. `profile` is the one that says so. */
export type PlanBase = { profile: string; /** Keys that do not end by themselves; `null`: nobody can tell. */ longLived: boolean | null } & (
  | { kind: 'keys'; accessKeyId: string }
  | { kind: 'environment' | 'imds' | 'container' | 'other' }
  | { kind: 'web-identity'; roleArn: string; tokenFile: string; sessionName: string | null }
  | { kind: 'sso'; session: string | null; region: string; startUrl: string; accountId: string | null; roleName: string | null }
  | { kind: 'login'; session: string }
  | { kind: 'process'; accountId: string | null }
);

/** One role of a plan. */
export interface PlanRole {
  kind: 'assume-role';
  profile: string;
  roleArn: string;
  /** Not enumerable. */
  externalId: string | null;
  sessionName: string | null;
  /** How many seconds the session will last. */
  duration: number;
  mfaSerial: string | null;
  region: string | null;
  /** It is assumed with another role's session, so that AWS gives one hour at most. */
  oneHourCap: boolean;
}

/** One step of a plan: the first credentials, then each role. */
export type PlanStep = PlanBase | PlanRole;

/** What a profile leads to. `toString()` gives it in words. */
export interface Plan {
  profile: string;
  steps: [PlanBase, ...PlanRole[]];
  /** The first of the steps; not enumerable. */
  readonly base: PlanBase;
  readonly baseProfile: string;
  /** The rest of them; not enumerable. */
  readonly roles: PlanRole[];
  /** The MFA devices whose codes will be asked for, in order. */
  prompts: string[];
  /** How many seconds the session of each role will last, in order. */
  durations: number[];
  /** Whether a person may have to sign in with a browser. */
  mayNeedSignIn: boolean;
  /** How many seconds the last session will last as things are configured; `null` if it does not end, or nobody can tell. */
  lasts: number | null;
  /** How many seconds it can last at most; `null` likewise. */
  longest: number | null;
  warnings: string[];
  toString(): string;
  /** As a graph in Graphviz's language: `dot -Tsvg` draws it. */
  graph(): string;
}

/** An environment; variables that are `undefined` are not set. */
export type Env = { readonly [name: string]: string | undefined };

/**
 * Resolves a profile to a plan, asking nobody.
 *
 * `files` holds contents by path, or as `config` and `credentials`.
 *
 * @throws {AwsAccessError} `config` if the profile leads nowhere; {@link ProfileError} if a file cannot be read.
 */
export function plan(
  env: Env,
  files: { readonly config?: Data | null; readonly credentials?: Data | null } | { readonly [path: string]: Data | null | undefined } | ReadonlyMap<string, Data>,
  options?: { readonly profile?: string; readonly home?: string },
): Plan;

/** Where the two files are, and which profile is selected. */
export function profileFiles(
  env: Env,
  options?: { readonly home?: string | undefined; readonly platform?: 'unix' | 'windows' | undefined },
): { config: string | undefined; credentials: string | undefined; profile: string };
