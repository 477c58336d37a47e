// The same module for `import`: what is shared between both is one.
import awsaccess from './index.cjs';

export const {
  AwsAccessError,
  BodyResigner,
  Claim,
  Credentials,
  FileFailure,
  HttpFailure,
  HttpReply,
  ListenFailure,
  ListenReply,
  ProcessFailure,
  ProcessReply,
  ProfileError,
  RedactStream,
  Redactor,
  SignFailure,
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
} = awsaccess;

export default awsaccess;
