/**
 * AWS credentials, role chains, SigV4 verification and re-signing, and log redaction, as pure functions.
 *
 * Only {@link resolve}, {@link resolveSync}, {@link callerIdentity} and {@link run} read files, sockets and the environment;
 * everything else computes. All errors are {@link AwsAccessError}s, told apart by their `code`.
 */

export * from './types/value.js';
export * from './types/error.js';
export * from './types/credentials.js';
export * from './types/sign.js';
export * from './types/verify.js';
export * from './types/presigned.js';
export * from './types/diagnose.js';
export * from './types/redact.js';
export * from './types/profile.js';
export * from './types/chain.js';
export * from './types/effect.js';
export * from './types/step.js';
export * from './types/task.js';
export * from './types/cached.js';
export * from './types/resolve.js';
