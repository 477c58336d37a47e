'use strict';

const { input } = require('./error.cjs');

/**
 * Header fields from whatever holds them, as a flat list of names and values: pairs, a flat list, anything with
 * `entries()` (Headers, Map), or an object whose values may be lists.
 */
function fields(headers) {
  if (headers === undefined || headers === null) return [];
  if (typeof headers !== 'object' || headers instanceof Uint8Array) {
    throw input('headers are an object, a list of pairs, a flat list, or have entries()');
  }
  if (Array.isArray(headers)) return Array.isArray(headers[0]) ? ofPairs(headers) : ofFlat(headers);
  const out = [];
  const entries = typeof headers.entries === 'function' ? headers.entries() : Object.entries(headers);
  for (const entry of entries) {
    const [name, value] = pair(entry);
    if (Array.isArray(value)) for (const one of value) push(out, name, one);
    else push(out, name, value);
  }
  return out;
}

function ofPairs(pairs) {
  const out = [];
  for (const entry of pairs) {
    const [name, value] = pair(entry);
    push(out, name, value);
  }
  return out;
}

function ofFlat(list) {
  if (list.length % 2 !== 0) throw input('a flat list of headers has a name without a value');
  const out = [];
  for (let at = 0; at < list.length; at += 2) push(out, list[at], list[at + 1]);
  return out;
}

function pair(entry) {
  if (!Array.isArray(entry) || entry.length !== 2) throw input('a header is a pair of a name and a value');
  return entry;
}

function push(out, name, value) {
  if (typeof value === 'number' && Number.isSafeInteger(value)) value = String(value);
  if (!isText(name) || !isText(value)) throw input(`the header ${shown(name)} is neither text nor bytes`);
  out.push(name, value);
}

function isText(value) {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function shown(name) {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : 'name';
}

/** The name of a field for comparing. */
function lowerName(name) {
  return (typeof name === 'string' ? name : Buffer.from(name).toString('latin1')).toLowerCase();
}

/** A flat list as pairs. */
function toPairs(flat) {
  const out = [];
  for (let at = 0; at < flat.length; at += 2) out.push([flat[at], flat[at + 1]]);
  return out;
}

/** The names of a session token: one that came in belongs to other credentials than those that signed. */
const TOKENS = ['x-amz-security-token', 'x-amz-s3session-token'];

/** The caller's own pairs in order, less those that `added` sets anew and any session token, then `added`. */
function merge(own, added) {
  const out = [];
  for (let at = 0; at < own.length; at += 2) {
    if (!isSet(own[at], added)) out.push([own[at], own[at + 1]]);
  }
  for (let at = 0; at < added.length; at += 2) out.push([added[at], added[at + 1]]);
  return out;
}

/** Whether a name is among those added, which are in lower case. Most differ in length already. */
function isSet(name, added) {
  for (let at = 0; at < added.length; at += 2) {
    if (name.length === added[at].length && lowerName(name) === added[at]) return true;
  }
  return TOKENS.some((token) => name.length === token.length && lowerName(name) === token);
}

module.exports = { fields, toPairs, merge };
