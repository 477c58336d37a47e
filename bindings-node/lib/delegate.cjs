'use strict';

const { inspect } = require('node:util');
const { bytes, millis, now, object, optionalString, string } = require('./argument.cjs');
const { input } = require('./error.cjs');

/** A key for one day, region and service, which signs and proves in the place of credentials. */
class Delegate {
  #accessKeyId;
  #key;
  #region;
  #service;
  #day;
  #sessionToken;
  #expiresAt;

  constructor(from) {
    object(from, 'the delegate');
    this.#accessKeyId = string(from.accessKeyId, 'accessKeyId');
    if (this.#accessKeyId === '') throw input('accessKeyId is empty');
    const key = typeof from.key === 'string' ? undefined : bytes(from.key, 'key');
    if (key?.length !== 32) throw input('key has 32 bytes');
    this.#key = Buffer.from(key);
    this.#region = word(from.region, 'region');
    this.#service = word(from.service, 'service');
    this.#day = now(from.now);
    this.#sessionToken = optionalString(from.sessionToken, 'sessionToken') || undefined;
    const end = from.expiresAt ?? undefined;
    this.#expiresAt = end === undefined ? undefined : millis(end, 'expiresAt');
  }

  get accessKeyId() {
    return this.#accessKeyId;
  }

  get key() {
    return Buffer.from(this.#key);
  }

  get region() {
    return this.#region;
  }

  get service() {
    return this.#service;
  }

  get sessionToken() {
    return this.#sessionToken;
  }

  get expiresAt() {
    return this.#expiresAt === undefined ? undefined : new Date(this.#expiresAt);
  }

  /** The four pieces that native code reads. */
  static pieces(delegate) {
    const about = [delegate.#key.toString('hex'), delegate.#region, delegate.#service, delegate.#day].join(' ');
    return [delegate.#accessKeyId, about, delegate.#sessionToken ?? '', `d${delegate.#expiresAt ?? ''}`];
  }

  toJSON() {
    const { accessKeyId, region, service, expiresAt } = this;
    return { accessKeyId, key: '(hidden)', region, service, expiresAt };
  }

  [inspect.custom](_depth, options) {
    return `Delegate ${inspect(this.toJSON(), options)}`;
  }
}

/** Not part of the face. */
const { pieces } = Delegate;
delete Delegate.pieces;

function word(value, what) {
  if (!/^\S+$/.test(string(value, what))) throw input(`${what} is empty, or has a space in it`);
  return value;
}

module.exports = { Delegate, pieces };
