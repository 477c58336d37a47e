'use strict';

const { inspect } = require('node:util');
const native = require('./native.cjs');
const credentials = require('./credentials.cjs');
const { bytes, known, now, object, optionalString, string } = require('./argument.cjs');
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
  const raw = typeof head[1] === 'string' ? head[1] : Buffer.from(head[1]).toString('latin1');
  const [, scheme = 'https', path] = ABSOLUTE.exec(raw) ?? [raw, undefined, raw];
  return new Claim(OURS, call, facts, { scheme: scheme.toLowerCase(), path });
}

/** A url's scheme, and its path and query. */
const ABSOLUTE = /^(https?):\/\/[^/?#]*(.*)$/is;

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

  get algorithm() {
    return this.#facts[10];
  }

  get region() {
    return this.#facts[1];
  }

  get regionSet() {
    return this.#facts[10] === 'v4a' ? this.#facts[1].split(',') : undefined;
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
    const { accessKeyId, algorithm, region, service, signedHeaders, payload, signedAt, presigned } = this;
    return { accessKeyId, algorithm, region, service, signedHeaders, payload, signedAt, presigned };
  }

  [inspect.custom](_depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }
}

class Claim extends Facts {
  #call;
  #facts;
  #came;

  constructor(ours, call, facts, came) {
    super(ours, facts);
    this.#call = call;
    this.#facts = facts;
    this.#came = came;
  }

  verify(secret, body) {
    const { key, token, delegate } = credentials.keyOf(secret);
    const data = bytes(body, 'body');
    const call = this.#call;
    if (call === undefined) throw new AwsAccessError('used', 'the claim was used before, and serves once');
    this.#call = undefined;
    const proof = check(native.verify(call.text, call.count, call.packed, call.now, key, token, delegate, data));
    return new Verified(OURS, proof, this.#facts, this.#came);
  }
}

class Verified extends Facts {
  #proof;
  #facts;
  #came;

  constructor(ours, proof, facts, came) {
    super(ours, facts);
    this.#proof = proof;
    this.#facts = facts;
    this.#came = came;
  }

  resign(creds, options = {}) {
    object(options, 'the options');
    const { scheme, host } = this.#upstream(options.url);
    const basePath = optionalString(options.basePath, 'basePath') ?? '';
    const head = [...credentials.pieces(creds), host, basePath, options.strict === true ? '1' : ''];
    const { text, count } = join(head, []);
    const [method, path, ...headers] = unpack(check(native.resign(this.#proof, text, count, now(options.now))));
    return { method, url: `${scheme}://${host}${path}`, headers: toPairs(headers) };
  }

  bodyResigner(creds, options = {}) {
    credentials.pieces(creds);
    known(object(options, 'the options'), ['checksums'], 'bodyResigner');
    const checksums = options.checksums ?? true;
    if (typeof checksums !== 'boolean') throw input('checksums is true or false');
    return new BodyResigner(OURS, check(native.body(this.#proof, checksums)));
  }

  /** Where it goes: to the host that was signed, or to that of a url, whose path is none or the same. */
  #upstream(url) {
    if (url === undefined || url === null) return { scheme: this.#came.scheme, host: this.#facts[9].trim() };
    const found = /^(https?):\/\/([^/?#@\s]+)([/?].*)?$/is.exec(url instanceof URL ? url.href : string(url, 'url'));
    if (found === null) throw input('url is the scheme and host that the request goes to, such as https://sts.amazonaws.com');
    const [, scheme, host, path = '/'] = found;
    if (path !== '/' && path !== this.#came.path) {
      throw input('url has another path or query than the request that was verified; give https://host');
    }
    return { scheme: scheme.toLowerCase(), host: host.replace(/^https$/i.test(scheme) ? /:443$/ : /:80$/, '') };
  }
}

class BodyResigner {
  #body;

  constructor(ours, body) {
    if (ours !== OURS) throw input('a body is resigned by bodyResigner() of a verified request');
    this.#body = body;
  }

  push(data) {
    const chunk = bytes(data, 'data');
    if (chunk === undefined) throw input('data is neither text nor bytes');
    return check(native.bodyPush(this.#body, chunk));
  }

  finish() {
    return check(native.bodyFinish(this.#body));
  }
}

function verify(request, lookup, options) {
  callable(lookup);
  const found = claim(request, options);
  const key = lookup(found.accessKeyId, found);
  if (typeof key?.then === 'function') {
    Promise.resolve(key).catch(() => {});
    throw input('lookup gave a promise; use verifyAsync');
  }
  return found.verify(key, request.body);
}

async function verifyAsync(request, lookup, options) {
  callable(lookup);
  const found = claim(request, options);
  return found.verify(await lookup(found.accessKeyId, found), request.body);
}

function callable(lookup) {
  if (typeof lookup !== 'function') throw input('lookup is a function from a key id to its secret');
}

module.exports = { claim, verify, verifyAsync, Claim, Verified, BodyResigner };
