'use strict';

const { inspect } = require('node:util');
const native = require('./native.cjs');
const delegates = require('./delegate.cjs');
const { millis, now, object, optionalString, string } = require('./argument.cjs');
const { check, input } = require('./error.cjs');
const { join } = require('./piece.cjs');

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

  delegate(region, service, time) {
    const day = now(time);
    const head = [...wholePieces(this), string(region, 'region'), string(service, 'service')];
    const key = Buffer.from(check(native.derive(join(head, []).text, day)), 'hex');
    const { accessKeyId, sessionToken, expiresAt } = this;
    return new delegates.Delegate({ accessKeyId, key, region, service, now: day / 1000, sessionToken, expiresAt });
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
function wholePieces(from) {
  const end = expiry(object(from, 'credentials'));
  return [...keys(from), end === undefined ? '' : String(end)];
}

/** The same of who signs, which may be a delegate. */
function pieces(from) {
  return from instanceof delegates.Delegate ? delegates.pieces(from) : wholePieces(from);
}

/** The same for a signature, which does not ask when its credentials expire. */
function signing(from) {
  if (from instanceof delegates.Delegate) return delegates.pieces(from);
  const [id, secret, token] = keys(from);
  return [id, secret, token, ''];
}

/** A secret, a pair with its session token, credentials, a delegate, or nothing for a key id that is not known. */
function keyOf(found) {
  if (found === undefined || found === null) return {};
  if (typeof found === 'string') return { key: found };
  if (Array.isArray(found)) {
    if (found.length !== 2) throw input('a pair of a secret and its session token has two parts');
    return { key: string(found[0], 'the secret'), token: optionalString(found[1], 'the session token') || undefined };
  }
  if (found instanceof delegates.Delegate) return { delegate: join(delegates.pieces(found), []).text };
  if (typeof found !== 'object') throw input('a key is a secret, a pair with its session token, credentials or a delegate');
  return {
    key: string(found.secretAccessKey, 'secretAccessKey'),
    token: optionalString(found.sessionToken, 'sessionToken') || undefined,
  };
}

module.exports = { Credentials, expiry, keyOf, keys, pieces, signing, wholePieces };
