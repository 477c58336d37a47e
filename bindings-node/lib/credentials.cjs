'use strict';

const { inspect } = require('node:util');
const { input } = require('./error.cjs');
const { millis, object, optionalString, string } = require('./argument.cjs');

class Credentials {
  #accessKeyId;
  #secretAccessKey;
  #sessionToken;
  #expiresAt;
  #accountId;
  #source;

  constructor(from) {
    object(from, 'credentials');
    this.#accessKeyId = string(from.accessKeyId, 'accessKeyId');
    this.#secretAccessKey = string(from.secretAccessKey, 'secretAccessKey');
    this.#sessionToken = optionalString(from.sessionToken, 'sessionToken') || undefined;
    this.#expiresAt = expiry(from);
    this.#accountId = optionalString(from.accountId, 'accountId');
    this.#source = optionalString(from.source, 'source');
  }

  get accessKeyId() {
    return this.#accessKeyId;
  }

  get secretAccessKey() {
    return this.#secretAccessKey;
  }

  get sessionToken() {
    return this.#sessionToken;
  }

  get expiresAt() {
    return this.#expiresAt === undefined ? undefined : new Date(this.#expiresAt);
  }

  get expiration() {
    return this.expiresAt;
  }

  get accountId() {
    return this.#accountId;
  }

  get source() {
    return this.#source;
  }

  toJSON() {
    const { accessKeyId, expiresAt, accountId, source } = this;
    const sessionToken = this.#sessionToken === undefined ? undefined : '(hidden)';
    return { accessKeyId, secretAccessKey: '(hidden)', sessionToken, expiresAt, accountId, source };
  }

  toString() {
    return `Credentials(${this.#accessKeyId})`;
  }

  [inspect.custom](_depth, options) {
    return `Credentials ${inspect(this.toJSON(), options)}`;
  }
}

/** The expiry of credentials of ours or of the AWS SDK, in milliseconds. */
function expiry(from) {
  const time = from.expiresAt ?? from.expiration;
  return time === undefined || time === null ? undefined : millis(time, 'expiresAt');
}

/** Key id, secret and token (empty for none). */
function keys(from) {
  if (typeof from !== 'object' || from === null) throw input('credentials are missing');
  return [
    string(from.accessKeyId, 'credentials.accessKeyId'),
    string(from.secretAccessKey, 'credentials.secretAccessKey'),
    optionalString(from.sessionToken, 'credentials.sessionToken') ?? '',
  ];
}

/** Credentials as the four pieces that native code reads: the keys, and when they expire. */
function pieces(from) {
  const end = expiry(object(from, 'credentials'));
  return [...keys(from), end === undefined ? '' : String(end)];
}

module.exports = { Credentials, expiry, keys, pieces };
