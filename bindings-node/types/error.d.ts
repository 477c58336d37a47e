/** What is thrown. */

/// <reference types="node" />

/** What `err.code` can be; the same names in every language. */
export type ErrorCode =
  | 'not_configured'
  | 'profile'
  | 'config'
  | 'declined'
  | 'unreachable'
  | 'timeout'
  | 'denied'
  | 'service'
  | 'malformed'
  | 'expired'
  | 'mfa'
  | 'limit'
  | 'input'
  | 'sign'
  | 'verify'
  | 'resign'
  | 'used'
  | 'wrong_answer'
  | 'internal'
  | 'cancelled';

/** Every {@link ErrorCode} with its number in C. */
export const errorCodes: Readonly<Record<ErrorCode, number>>;

/** One source that was tried, and why it was passed over. */
export interface Attempt {
  readonly source: string;
  readonly outcome: 'not_configured' | 'failed' | 'ok';
  readonly reason: string;
  /** Seconds by the host's clock. */
  readonly took: number;
}

/** What every function of this module throws. Its message is one line and carries no secret. */
export class AwsAccessError extends Error {
  constructor(
    code: ErrorCode,
    message: string,
    about?: { readonly retryable?: boolean; readonly awsCode?: string | null; readonly attempts?: readonly Attempt[] },
  );
  readonly code: ErrorCode;
  /** AWS's own code, where AWS was the one to refuse, or where AWS would have answered with it. */
  readonly awsCode?: string | undefined;
  /** Whether the same call may succeed later without a change of configuration. */
  readonly retryable: boolean;
  /** What a resolution tried before it failed. */
  readonly attempts?: readonly Attempt[] | undefined;
  /** The message, and beneath it what each source said: a few lines for a person. Not enumerable. */
  readonly report: string;
}

/** What can be wrong with a request that claims to be signed. */
export type VerifyErrorKind =
  | 'malformed-request'
  | 'malformed-query'
  | 'missing-authentication'
  | 'multiple-authentication'
  | 'unsupported-algorithm'
  | 'malformed-authorization'
  | 'duplicate-header'
  | 'header-not-signed'
  | 'signed-header-absent'
  | 'hop-signed'
  | 'malformed-date'
  | 'expired'
  | 'not-yet-valid'
  | 'invalid-expires'
  | 'malformed-credential'
  | 'wrong-scope'
  | 'invalid-token'
  | 'unknown-key'
  | 'signature-mismatch'
  | 'payload-mismatch'
  | 'unsupported-payload'
  | 'payload-required';

/** A request that was not accepted. `message` is for the client, in AWS's own words. */
export class VerifyError extends AwsAccessError {
  private constructor();
  readonly code: 'verify';
  readonly kind: VerifyErrorKind;
  readonly awsCode: string;
  /** The HTTP status that AWS answers with. */
  readonly status: number;
  /** What the operator should know; never to be sent to the client. Not enumerable. */
  readonly operatorDetail: string;
}

/** A profile file that cannot be read. */
export class ProfileError extends AwsAccessError {
  private constructor();
  readonly code: 'profile';
  readonly file: 'config' | 'credentials';
  /** Counted from 1. */
  readonly line: number;
}
