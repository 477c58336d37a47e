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

function head(request) {
  if ((request.algorithm ?? 'v4') !== 'v4') throw input('this version signs with algorithm "v4" only');
  const payload = optionalString(request.payload, 'payload');
  if (payload === '') throw input('payload is empty; leave it out to hash the body');
  // A signature does not ask when its credentials expire.
  const [id, secret, token] = credentials.keys(request.credentials);
  return [
    string(request.method, 'method'),
    target(request.url, 'url'),
    id,
    secret,
    token,
    '',
    string(request.region, 'region'),
    string(request.service, 'service'),
    settings(request),
    payload ?? '',
  ];
}

/** A url or a target: text, bytes, or a URL object. */
function target(value, what) {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (value instanceof URL) return value.href;
  throw input(`${what} is neither text nor bytes`);
}

const TOKEN = Object.freeze({ __proto__: null, sign: 's', append: 'a', omit: 'o' });

function settings({ doubleEncode, normalize, contentSha256Header, sessionToken }) {
  const letter = TOKEN[sessionToken ?? 'sign'];
  if (letter === undefined) throw input('sessionToken is "sign", "append" or "omit"');
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

module.exports = { sign, presign, target };
