'use strict';

const { errorCodes, AwsAccessError, VerifyError, ProfileError } = require('./lib/error.cjs');
const { Credentials } = require('./lib/credentials.cjs');
const { Delegate } = require('./lib/delegate.cjs');
const { sign, presign, explain } = require('./lib/sign.cjs');
const { claim, verify, verifyAsync, Claim, Verified, BodyResigner } = require('./lib/verify.cjs');
const { Redactor, RedactStream, redact, findSecret } = require('./lib/redact.cjs');
const { pinoOptions, winstonFormat } = require('./lib/log.cjs');
const { diagnose } = require('./lib/diagnose.cjs');
const { recognizePresign, OfflinePresign, ProvenPresign, ResignedPresign } = require('./lib/presigned.cjs');
const { parseProfiles, plan, profileFiles } = require('./lib/profile.cjs');
const { Cached, Provider } = require('./lib/cached.cjs');
const { encode, ...replies } = require('./lib/reply.cjs');
const { start } = require('./lib/step.cjs');
const tasks = require('./lib/task.cjs');
const { callerIdentity, resolve, resolveSync, run } = require('./lib/resolve.cjs');

module.exports = {
  AwsAccessError,
  BodyResigner,
  Cached,
  Claim,
  Credentials,
  Delegate,
  OfflinePresign,
  ProfileError,
  ProvenPresign,
  Provider,
  RedactStream,
  Redactor,
  ResignedPresign,
  Verified,
  VerifyError,
  callerIdentity,
  claim,
  diagnose,
  errorCodes,
  explain,
  findSecret,
  parseProfiles,
  pinoOptions,
  plan,
  presign,
  profileFiles,
  recognizePresign,
  redact,
  resolve,
  resolveSync,
  run,
  sign,
  start,
  verify,
  verifyAsync,
  winstonFormat,
  ...replies,
  ...tasks,
};
