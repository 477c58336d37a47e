'use strict';

const native = require('./native.cjs');
const credentials = require('./credentials.cjs');
const { bytes, now, object, optionalString, string } = require('./argument.cjs');
const { check, input } = require('./error.cjs');
const { fields, merge } = require('./header.cjs');
const { join, unpack } = require('./piece.cjs');

function sign(request) {
  object(request, 'the request');
  const own = fields(request.headers);
  const { text, count, packed } = join(head(request), own);
  const body = bytes(request.body, 'body');
  return merge(own, check(native.sign(text, count, packed, body, now(request.now))).split('\n'));
}

function presign(request) {
  object(request, 'the request');
  const expires = request.expires;
  if (!Number.isSafeInteger(expires) || expires < 0) throw input('expires is a whole number of seconds');
  const { text, count, packed } = join(head(request), fields(request.headers));
  const body = bytes(request.body, 'body');
  const [link] = unpack(check(native.presign(text, count, packed, body, now(request.now), expires)));
  const raw = Buffer.from(link, 'latin1');
  return typeof request.url === 'string' || request.url instanceof URL ? raw.toString('utf8') : raw;
}

function explain(request) {
  object(request, 'the request');
  const expires = request.expires ?? undefined;
  if (expires !== undefined && !(Number.isSafeInteger(expires) && expires >= 0)) throw input('expires is a whole number of seconds');
  const { text, count, packed } = join(head(request), fields(request.headers));
  const told = native.explain(text, count, packed, bytes(request.body, 'body'), now(request.now), expires);
  const [canonicalRequest, stringToSign] = unpack(check(told)).map((piece) => Buffer.from(piece, 'latin1'));
  // They hold the session token, if that is signed: there to be used, and shown by nothing.
  return Object.defineProperties({}, { canonicalRequest: { value: canonicalRequest }, stringToSign: { value: stringToSign } });
}

function head(request) {
  const payload = optionalString(request.payload, 'payload');
  if (payload === '') throw input('payload is empty; leave it out to hash the body');
  const { letter, text } = regions(request);
  return [
    string(request.method, 'method'),
    target(request.url, 'url'),
    ...credentials.signing(request.credentials),
    text,
    string(request.service, 'service'),
    settings(request) + letter,
    payload ?? '',
  ];
}

/** What the signature is to be good for: one region, or with SigV4A a set of them. */
function regions({ region, regionSet, algorithm }) {
  const choice = algorithm ?? undefined;
  if (choice !== undefined && choice !== 'v4' && choice !== 'v4a') throw input('algorithm is "v4" or "v4a"');
  const one = region ?? undefined;
  const set = regionSet ?? undefined;
  if (one !== undefined && set !== undefined) throw input('give region or regionSet, not both');
  if (set === undefined) return { letter: choice === 'v4a' ? 'a' : '4', text: string(one, 'region') };
  if (choice === 'v4') throw input('a regionSet needs algorithm "v4a"');
  if (!Array.isArray(set) || !set.every((name) => typeof name === 'string' && !name.includes(','))) throw input('regionSet is a list of names');
  return { letter: 'a', text: set.join(',') };
}

/** A url or a target: text, bytes, or a URL object. */
function target(value, what) {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (value instanceof URL) return value.href;
  throw input(`${what} is neither text nor bytes`);
}

const TOKEN = Object.freeze({ __proto__: null, sign: 's', append: 'a', omit: 'o', s3express: 'x' });

function settings({ doubleEncode, normalize, contentSha256Header, sessionToken }) {
  const letter = TOKEN[sessionToken ?? 'sign'];
  if (letter === undefined) throw input('sessionToken is "sign", "append", "omit" or "s3express"');
  return (
    choice(doubleEncode, 'doubleEncode') +
    choice(normalize, 'normalize') +
    choice(contentSha256Header, 'contentSha256Header') +
    letter
  );
}

function choice(value, what) {
  if (value === undefined || value === null) return '-';
  if (typeof value !== 'boolean') throw input(`${what} is true, false or left out`);
  return value ? '1' : '0';
}

module.exports = { sign, presign, explain, regions, target };
