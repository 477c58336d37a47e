'use strict';

const { Transform } = require('node:stream');
const native = require('./native.cjs');
const credentials = require('./credentials.cjs');
const { bytes, now, string } = require('./argument.cjs');
const { check, input } = require('./error.cjs');
const { join } = require('./piece.cjs');
const { Walk } = require('./walk.cjs');

const EMPTY = new Uint8Array(0);

class Redactor {
  #known;

  constructor({ maskKeyIds = false, tagKey, neutralize = false } = {}) {
    if (typeof maskKeyIds !== 'boolean') throw input('maskKeyIds is true or false');
    if (typeof neutralize !== 'boolean') throw input('neutralize is true or false');
    const key = bytes(tagKey, 'tagKey');
    this.#known = native.redactor(maskKeyIds, neutralize, key !== undefined, key ?? EMPTY);
  }

  learn(secret, name = 'secret') {
    if (isCredentials(secret)) check(native.learn(this.#known, join(credentials.pieces(secret), []).text, true));
    else check(native.learnSecret(this.#known, string(name, 'name'), needed(secret, 'secret')));
    return this;
  }

  forget(secret) {
    if (isCredentials(secret)) check(native.learn(this.#known, join(credentials.pieces(secret), []).text, false));
    else check(native.forgetSecret(this.#known, needed(secret, 'secret')));
    return this;
  }

  forgetExpired(time) {
    check(native.forgetExpired(this.#known, now(time)));
    return this;
  }

  redact(text) {
    if (typeof text === 'string') return check(native.redactText(this.#known, text)).slice(1);
    return this.#bytes('text', EMPTY, text);
  }

  header(name, value) {
    return this.#bytes('header', needed(name, 'name'), value);
  }

  field(name, value) {
    return this.#bytes('field', needed(name, 'name'), value);
  }

  value(value, name) {
    return new Walk(this).value(value, name === undefined ? undefined : string(name, 'name'));
  }

  target(target) {
    return this.#bytes('target', EMPTY, target);
  }

  query(query) {
    return this.#bytes('query', EMPTY, query);
  }

  search(haystack) {
    return JSON.parse(check(native.searchSecrets(this.#known, needed(haystack, 'the haystack'))));
  }

  stream() {
    return new RedactStream(this);
  }

  /** Text in, text out; bytes in, bytes out. */
  #bytes(kind, name, value) {
    const out = check(native.redactBytes(this.#known, kind, name, needed(value, 'what is redacted')));
    return typeof value === 'string' ? out.toString('utf8') : out;
  }

  static flow(redactor) {
    return check(native.redactStream(redactor.#known));
  }
}

/** Not part of the face: the stream alone needs the native half of a redactor. */
const { flow } = Redactor;
delete Redactor.flow;

class RedactStream extends Transform {
  #flow;

  constructor(redactor = new Redactor()) {
    super({ decodeStrings: true });
    if (!(redactor instanceof Redactor)) throw input('a RedactStream is made with a Redactor');
    this.#flow = flow(redactor);
  }

  _transform(chunk, _encoding, done) {
    this.#pass(() => native.streamPush(this.#flow, chunk), done);
  }

  _flush(done) {
    this.#pass(() => native.streamFinish(this.#flow), done);
  }

  #pass(work, done) {
    try {
      const out = check(work());
      done(null, out.length > 0 ? out : undefined);
    } catch (error) {
      done(error);
    }
  }
}

function isCredentials(secret) {
  return typeof secret === 'object' && secret !== null && 'secretAccessKey' in secret;
}

function needed(value, what) {
  const data = bytes(value, what);
  if (data === undefined) throw input(`${what} is neither text nor bytes`);
  return data;
}

const plain = new Redactor();

function redact(text) {
  return plain.redact(text);
}

function findSecret(haystack, secret) {
  return check(native.findSecret(needed(haystack, 'the haystack'), needed(secret, 'the secret'))) || undefined;
}

module.exports = { Redactor, RedactStream, redact, findSecret };
