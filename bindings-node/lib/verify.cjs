'use strict';

const { inspect } = require('node:util');
const native = require('./native.cjs');
const credentials = require('./credentials.cjs');
const { bytes, now, object, optionalString, string } = require('./argument.cjs');
const { AwsAccessError, check, input } = require('./error.cjs');
const { fields, toPairs } = require('./header.cjs');
const { join, unpack } = require('./piece.cjs');
const { policyText } = require('./policy.cjs');
const { target } = require('./sign.cjs');

/** Only this module makes claims and what follows from them. */
const OURS = Symbol('awsaccess');

function claim(request, options = {}) {
  object(request, 'the request');
  object(options, 'the options');
  const head = [string(request.method, 'method'), target(request.target, 'target'), policyText(options.policy)];
  const call = { ...join(head, fields(request.headers)), now: now(options.now) };
  const facts = unpack(check(native.claim(call.text, call.count, call.packed, call.now)));
  const scheme = /^(https?):\/\//i.exec(typeof head[1] === 'string' ? head[1] : '')?.[1] ?? 'https';
  return new Claim(OURS, call, facts, scheme.toLowerCase());
}

/** What a claim says of itself, and a verified request still does. */
class Facts {
  #facts;

  constructor(ours, facts) {
    if (ours !== OURS) throw input('a claim is made by claim(), a verified request by its verify()');
    this.#facts = facts;
  }

  get accessKeyId() {
    return this.#facts[0];
  }

  get region() {
    return this.#facts[1];
  }

  get service() {
    return this.#facts[2];
  }

  get signedHeaders() {
    return this.#facts[3].split(';');
  }

  get payload() {
    return this.#facts[4] || undefined;
  }

  get signedAt() {
    return new Date(Number(this.#facts[5]));
  }

  get presigned() {
    return this.#facts[6] !== '';
  }

  get expires() {
    return this.#facts[6] === '' ? undefined : Number(this.#facts[6]);
  }

  get sessionToken() {
    return this.#facts[7] === '' ? undefined : this.#facts[8];
  }

  toJSON() {
    const { accessKeyId, region, service, signedHeaders, payload, signedAt, presigned } = this;
    return { accessKeyId, region, service, signedHeaders, payload, signedAt, presigned };
  }

  [inspect.custom](_depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }
}

class Claim extends Facts {
  #call;
  #facts;
  #scheme;

  constructor(ours, call, facts, scheme) {
    super(ours, facts);
    this.#call = call;
    this.#facts = facts;
    this.#scheme = scheme;
  }

  verify(secret, body) {
    const { key, token } = keyOf(secret);
    const data = bytes(body, 'body');
    const call = this.#call;
    if (call === undefined) throw new AwsAccessError('used', 'the claim was used before, and serves once');
    this.#call = undefined;
    const proof = check(native.verify(call.text, call.count, call.packed, call.now, key, token, data));
    return new Verified(OURS, proof, this.#facts, this.#scheme);
  }
}

/** A secret, a pair with its session token, credentials, or nothing for a key id that is not known. */
function keyOf(found) {
  if (found === undefined || found === null) return {};
  if (typeof found === 'string') return { key: found };
  if (Array.isArray(found)) {
    if (found.length !== 2) throw input('a pair of a secret and its session token has two parts');
    return { key: string(found[0], 'the secret'), token: optionalString(found[1], 'the session token') || undefined };
  }
  if (typeof found !== 'object') throw input('a key is a secret, a pair with its session token, or credentials');
  return {
    key: string(found.secretAccessKey, 'secretAccessKey'),
    token: optionalString(found.sessionToken, 'sessionToken') || undefined,
  };
}

class Verified extends Facts {
  #proof;
  #facts;
  #scheme;
  #body;

  constructor(ours, proof, facts, scheme) {
    super(ours, facts);
    this.#proof = proof;
    this.#facts = facts;
    this.#scheme = scheme;
  }

  resign(creds, options = {}) {
    object(options, 'the options');
    const { scheme, host } = options.url === undefined || options.url === null ? this.#upstream() : origin(options.url);
    const basePath = optionalString(options.basePath, 'basePath') ?? '';
    const head = [...credentials.pieces(creds), host, basePath, options.strict === true ? '1' : ''];
    const { text, count } = join(head, []);
    const [method, path, ...headers] = unpack(check(native.resign(this.#proof, text, count, now(options.now))));
    this.#body = new BodyResigner(OURS, this.#proof);
    return { method, url: `${scheme}://${host}${path}`, headers: toPairs(headers) };
  }

  bodyResigner(creds) {
    credentials.pieces(creds);
    if (this.#body === undefined) throw input('resign the head first; its body follows it');
    return this.#body;
  }

  #upstream() {
    return { scheme: this.#scheme, host: this.#facts[9] };
  }
}

/** Where a request goes: scheme and host of a url that has nothing else. */
function origin(url) {
  const text = url instanceof URL ? url.href : string(url, 'url');
  const found = /^(https?):\/\/([^/?#@\s]+)\/?$/i.exec(text);
  if (found === null) throw input('url is the scheme and host that the request goes to, such as https://sts.amazonaws.com');
  const scheme = found[1].toLowerCase();
  return { scheme, host: found[2].replace(scheme === 'https' ? /:443$/ : /:80$/, '') };
}

class BodyResigner {
  #proof;

  constructor(ours, proof) {
    if (ours !== OURS) throw input('a body is resigned by bodyResigner() of a verified request');
    this.#proof = proof;
  }

  push(data) {
    const chunk = bytes(data, 'data');
    if (chunk === undefined) throw input('data is neither text nor bytes');
    return check(native.bodyPush(this.#proof, chunk));
  }

  finish() {
    return check(native.bodyFinish(this.#proof));
  }
}

function verify(request, lookup, options) {
  const found = claim(request, options);
  const key = lookup(found.accessKeyId, found);
  if (typeof key?.then === 'function') {
    Promise.resolve(key).catch(() => {});
    throw input('lookup gave a promise; use verifyAsync');
  }
  return found.verify(key, request.body);
}

async function verifyAsync(request, lookup, options) {
  const found = claim(request, options);
  return found.verify(await lookup(found.accessKeyId, found), request.body);
}

module.exports = { claim, verify, verifyAsync, Claim, Verified, BodyResigner };
