'use strict';

/** Every `err.code` with the number that it has in C; the table of the core library. */
const errorCodes = Object.freeze({
  not_configured: 1,
  profile: 2,
  config: 3,
  declined: 4,
  unreachable: 5,
  timeout: 6,
  denied: 7,
  service: 8,
  malformed: 9,
  expired: 10,
  mfa: 11,
  limit: 12,
  input: 13,
  sign: 14,
  verify: 15,
  resign: 16,
  used: 17,
  wrong_answer: 18,
  internal: 19,
  cancelled: 20,
});

class AwsAccessError extends Error {
  constructor(code, message, { retryable = false, awsCode = null, attempts, report = message } = {}) {
    super(message);
    this.code = code;
    if (awsCode !== null) this.awsCode = awsCode;
    this.retryable = retryable;
    if (attempts !== undefined) this.attempts = Object.freeze(attempts);
    // The message, and beneath it what each source said.
    Object.defineProperty(this, 'report', { value: report });
  }
}

class VerifyError extends AwsAccessError {
  constructor(message, { kind, awsCode, status, operatorDetail }) {
    super('verify', message, { awsCode });
    this.kind = kind;
    this.status = status;
    // Not enumerable, so that an error that is sent to a client as JSON leaves it behind.
    Object.defineProperty(this, 'operatorDetail', { value: operatorDetail });
  }
}

class ProfileError extends AwsAccessError {
  constructor(message, { file, line }) {
    super('profile', message);
    this.file = file;
    this.line = line;
  }
}

for (const type of [AwsAccessError, VerifyError, ProfileError]) {
  Object.defineProperty(type.prototype, 'name', { value: type.name, configurable: true, writable: true });
}

/** The exception for a fault that native code described. */
function errorOf(fault) {
  if (fault.kind !== undefined) return new VerifyError(fault.message, fault);
  if (fault.line !== undefined) return new ProfileError(fault.message, fault);
  return new AwsAccessError(fault.code, fault.message, fault);
}

/** Passes a result of native code on, or throws the fault that it is (a string with `!` in front). */
function check(result) {
  if (typeof result === 'string' && result.charCodeAt(0) === 0x21) throw errorOf(JSON.parse(result.slice(1)));
  return result;
}

/** The error of a wrong argument. */
function input(message) {
  return new AwsAccessError('input', message);
}

module.exports = { errorCodes, AwsAccessError, VerifyError, ProfileError, errorOf, check, input };
