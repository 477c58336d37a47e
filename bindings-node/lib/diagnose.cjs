'use strict';

const native = require('./native.cjs');
const { bytes, millis, object, string } = require('./argument.cjs');
const { pieces } = require('./credentials.cjs');
const { check, input } = require('./error.cjs');
const { fields } = require('./header.cjs');
const { join } = require('./piece.cjs');
const { regions, target } = require('./sign.cjs');

function diagnose(request, reply, options = {}) {
  object(request, 'the request');
  object(options, 'the options');
  const keys = options.credentials === undefined || options.credentials === null ? ['', '', '', ''] : pieces(options.credentials);
  const head = [string(request.method, 'method'), target(request.url, 'url'), ...keys, ...expected(options)];
  const { text, count, packed } = join(head, fields(request.headers));
  const at = options.now === undefined || options.now === null ? undefined : millis(options.now, 'now');
  const logged = bytes(options.canonicalRequest, 'canonicalRequest');
  return JSON.parse(check(native.diagnose(text, count, packed, bytes(request.body, 'body'), wire(reply), logged, at)));
}

/** What the service wants, where its host does not tell. */
function expected(options) {
  const { region, regionSet, service } = options;
  const given = [region ?? regionSet, service].filter((part) => part !== undefined && part !== null).length;
  if (given === 0) return ['', '', ''];
  if (given === 1) throw input('give service with region or with regionSet, or none of them');
  const { letter, text } = regions(options);
  return [letter === 'a' ? 'a' : '4', text, string(service, 'service')];
}

/** A reply as it is on the wire. */
function wire(reply) {
  if (reply === undefined || reply === null) return undefined;
  if (typeof reply === 'string' || ArrayBuffer.isView(reply) || reply instanceof ArrayBuffer) return bytes(reply, 'the reply');
  const { status, headers, body } = object(reply, 'the reply');
  if (status !== undefined && status !== null && !(Number.isInteger(status) && status >= 0 && status <= 999)) throw input('status is a number up to 999');
  const parts = [Buffer.from(`HTTP/1.1 ${status ?? '-'}\r\n`)];
  const flat = fields(headers).map((text) => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text));
  for (const [at, part] of flat.entries()) {
    if (part.includes(10) || part.includes(13)) throw input('a header of the reply has a line break');
    parts.push(part, Buffer.from(at % 2 === 0 ? ': ' : '\r\n'));
  }
  parts.push(Buffer.from('\r\n'), bytes(body, 'the body of the reply') ?? Buffer.alloc(0));
  return Buffer.concat(parts);
}

module.exports = { diagnose };
