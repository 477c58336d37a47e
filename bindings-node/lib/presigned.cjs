'use strict';

const { inspect } = require('node:util');
const native = require('./native.cjs');
const credentials = require('./credentials.cjs');
const { bytes, now, object } = require('./argument.cjs');
const { check, input } = require('./error.cjs');
const { fields } = require('./header.cjs');
const { join } = require('./piece.cjs');
const { policyText } = require('./policy.cjs');

/** Only this module makes them. */
const OURS = Symbol('awsaccess');

function recognizePresign(text, headers) {
  const data = bytes(text, 'text');
  if (data === undefined) throw input('text is neither text nor bytes');
  const flat = JSON.stringify(fields(headers).map((part) => (typeof part === 'string' ? part : Buffer.from(part).toString('utf8'))));
  const found = JSON.parse(check(native.recognizePresign(data, flat)));
  return found === null ? undefined : new OfflinePresign(OURS, found, { text: Buffer.from(data), headers: flat, asBytes: typeof text !== 'string' });
}

/** A presigned url or a token made of one: read, not proven. */
class OfflinePresign {
  #source;

  constructor(ours, found, source) {
    if (ours !== OURS) throw input('a presigned url is recognised by recognizePresign()');
    this.#source = source;
    for (const name of ['kind', 'accessKeyId', 'region', 'service', 'host', 'resource', 'missingHeaders']) this[name] = found[name] ?? undefined;
    this.signedAt = new Date(found.signedAt);
    this.expiresAt = new Date(found.expiresAt);
    Object.freeze(this);
  }

  verify(secret, options = {}) {
    object(options, 'the options');
    const { key, token, delegate } = credentials.keyOf(secret);
    const { text, headers, asBytes } = this.#source;
    const proven = native.verifyPresign(text, headers, key, token, delegate, policyText(options.policy), now(options.now));
    return new ProvenPresign(OURS, check(proven), asBytes);
  }

  [inspect.custom](_depth, options) {
    return `OfflinePresign ${inspect({ ...this }, options)}`;
  }
}

/** One whose signature is right. */
class ProvenPresign {
  #proven;
  #asBytes;

  constructor(ours, proven, asBytes) {
    if (ours !== OURS) throw input('a presigned url is proven by its verify()');
    this.#proven = proven;
    this.#asBytes = asBytes;
  }

  get method() {
    return check(native.presignMethod(this.#proven));
  }

  resign(creds, options = {}) {
    const { longest } = object(options, 'the options');
    if (longest !== undefined && longest !== null && !(typeof longest === 'number' && longest >= 0)) throw input('longest is a number of seconds');
    const keys = join(credentials.wholePieces(creds), []).text;
    const out = JSON.parse(check(native.resignPresign(this.#proven, keys, longest == null ? undefined : longest * 1000, now(options.now))));
    const raw = Buffer.from(out.text, 'latin1');
    return new ResignedPresign(OURS, { ...out, text: this.#asBytes ? raw : raw.toString('utf8') });
  }
}

/** The same text, signed with a key that the service knows. Whoever has it can use it, so that nothing shows it. */
class ResignedPresign {
  constructor(ours, { text, expiresAt, lifetime, limitedBy }) {
    if (ours !== OURS) throw input('a presigned url is signed again by resign()');
    Object.defineProperty(this, 'text', { value: text });
    this.expiresAt = new Date(expiresAt);
    this.lifetime = lifetime;
    this.limitedBy = limitedBy;
    Object.freeze(this);
  }
}

module.exports = { recognizePresign, OfflinePresign, ProvenPresign, ResignedPresign };
