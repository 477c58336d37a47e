'use strict';

const { errorCodes, AwsAccessError, VerifyError, ProfileError } = require('./lib/error.cjs');
const { Credentials } = require('./lib/credentials.cjs');
const { sign, presign } = require('./lib/sign.cjs');
const { claim, verify, verifyAsync, Claim, Verified, BodyResigner } = require('./lib/verify.cjs');

module.exports = {
  AwsAccessError,
  BodyResigner,
  Claim,
  Credentials,
  ProfileError,
  Verified,
  VerifyError,
  claim,
  errorCodes,
  presign,
  sign,
  verify,
  verifyAsync,
};
