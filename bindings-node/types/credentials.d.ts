/** Keys to sign with. */

/// <reference types="node" />

import type { Data, Time } from './value.js';

/** Keys to sign with; the AWS SDK's credential identities are of this shape. */
export interface CredentialsInput {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | null | undefined;
  /** When AWS begins to refuse them. */
  readonly expiresAt?: Time | null | undefined;
  /** The SDK's name for `expiresAt`. */
  readonly expiration?: Time | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly source?: string | null | undefined;
}

/** A set of AWS credentials. Printing it, also as JSON, shows no secret. It can be handed to the AWS SDK as it is. */
export class Credentials {
  constructor(from: CredentialsInput);
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly expiresAt: Date | undefined;
  /** The same as `expiresAt`, as the AWS SDK calls it. */
  readonly expiration: Date | undefined;
  readonly accountId: string | undefined;
  /** Where they came from: `environment`, `profile`, `imds`, `assume-role`. */
  readonly source: string | undefined;
  /** What signs and proves in their place on the day of `now` (in UTC), for one region and service, without the secret. */
  delegate(region: string, service: string, now?: Time | null): Delegate;
  toJSON(): object;
}

/** A key that another process derived, as its `key` gives it. */
export interface DelegateInput {
  readonly accessKeyId: string;
  /** 32 bytes. */
  readonly key: Exclude<Data, string>;
  readonly region: string;
  readonly service: string;
  /** A time on the key's day; the clock's if it is left out. */
  readonly now?: Time | null | undefined;
  readonly sessionToken?: string | null | undefined;
  readonly expiresAt?: Time | null | undefined;
}

/**
 * What a process needs that signs or verifies on behalf of one that keeps the secret: the key of one day (in UTC), region
 * and service. There is none for SigV4A. Printing it shows no secret.
 */
export class Delegate {
  constructor(from: DelegateInput);
  readonly accessKeyId: string;
  /** To be given to another process. */
  readonly key: Buffer;
  readonly region: string;
  readonly service: string;
  readonly sessionToken: string | undefined;
  /** Of the credentials; the key itself ends with its day. */
  readonly expiresAt: Date | undefined;
  toJSON(): object;
}
