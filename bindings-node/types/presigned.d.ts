/** What was signed offline. */

/// <reference types="node" />

import type { CredentialsInput } from './credentials.js';
import type { Data, HeadersInput, Time } from './value.js';
import type { KeyInput, VerifyOptions } from './verify.js';

/** A presigned url or a token made of one: read, not proven. */
export class OfflinePresign {
  private constructor();
  /** `url` is a presigned url of another service than S3. */
  readonly kind: 's3' | 'eks-token' | 'rds-token' | 'elasticache-token' | 'memorydb-token' | 'msk-token' | 'dsql-token' | 'codecommit' | 'url';
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly host: string;
  /** What it opens, where the text says so: `bucket/key`, a database user, a cluster, a repository, else the path. */
  readonly resource: string | undefined;
  readonly signedAt: Date;
  /** From when the service refuses it, if the credentials last as long. */
  readonly expiresAt: Date;
  /** Headers that are signed, and whose values are neither in the text nor given. */
  readonly missingHeaders: readonly string[];
  /** Proves it. @throws {VerifyError} */
  verify(key: KeyInput, options?: VerifyOptions): ProvenPresign;
}

/** One whose signature is right. */
export class ProvenPresign {
  private constructor();
  /** The method that was signed; `GIT` for CodeCommit. */
  readonly method: string;
  /**
   * Signs it again for as long as it can honestly last: the least of what remains of the time asked for, the credentials,
   * and `longest` (seconds).
   */
  resign(credentials: CredentialsInput, options?: { readonly longest?: number | null | undefined; readonly now?: Time | null | undefined }): ResignedPresign;
}

/** The same text, signed with a key that the service knows. Whoever has it can use it. */
export class ResignedPresign {
  private constructor();
  /** In the form in which it came. Not enumerable. */
  readonly text: string | Buffer;
  readonly expiresAt: Date;
  /** Seconds from the time of signing again. */
  readonly lifetime: number;
  /** What ends it. */
  readonly limitedBy: 'asked' | 'credentials' | 'policy';
}

/**
 * Recognises a presigned url, a token for EKS, RDS, ElastiCache, MemoryDB, MSK or DSQL, or git credentials of CodeCommit.
 *
 * `headers` are those that are signed and are not in the text, such as the cluster of an EKS token (`x-k8s-aws-id`).
 */
export function recognizePresign(text: Data, headers?: HeadersInput | null): OfflinePresign | undefined;
