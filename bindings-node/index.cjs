'use strict';

const { errorCodes, AwsAccessError, VerifyError, ProfileError } = require('./lib/error.cjs');
const { Credentials } = require('./lib/credentials.cjs');
const { sign, presign } = require('./lib/sign.cjs');
const { claim, verify, verifyAsync, Claim, Verified, BodyResigner } = require('./lib/verify.cjs');
const { Redactor, RedactStream, redact, findSecret } = require('./lib/redact.cjs');
const { parseProfiles, plan } = require('./lib/profile.cjs');
const { encode, ...replies } = require('./lib/reply.cjs');
const { start } = require('./lib/step.cjs');
const { resolve, resolveSync } = require('./lib/resolve.cjs');

module.exports = {
  AwsAccessError,
  BodyResigner,
  Claim,
  Credentials,
  ProfileError,
  RedactStream,
  Redactor,
  Verified,
  VerifyError,
  claim,
  errorCodes,
  findSecret,
  parseProfiles,
  plan,
  presign,
  redact,
  resolve,
  resolveSync,
  sign,
  start,
  verify,
  verifyAsync,
  ...replies,
};
