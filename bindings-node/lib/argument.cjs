'use strict';

const { input } = require('./error.cjs');

/** Beyond this, a number is surely milliseconds. */
const LAST_SECOND = 1e11;

/** A date, or seconds since the epoch, in milliseconds. */
function millis(time, what) {
  const value = time instanceof Date ? time.getTime() : typeof time === 'number' ? time * 1000 : NaN;
  if (!(value >= 0 && value <= LAST_SECOND * 1000)) {
    throw input(`${what} is a Date or seconds since the epoch (not milliseconds)`);
  }
  return Math.floor(value);
}

/** `millis`, where nothing given means the clock. */
function now(time) {
  return time === undefined || time === null ? Date.now() : millis(time, 'now');
}

function string(value, what) {
  if (typeof value !== 'string') throw input(`${what} is not a string`);
  return value;
}

function optionalString(value, what) {
  return value === undefined || value === null ? undefined : string(value, what);
}

function object(value, what) {
  if (typeof value !== 'object' || value === null) throw input(`${what} is not an object`);
  return value;
}

/** Text or bytes as bytes; `undefined` for nothing. */
function bytes(value, what) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) throw input(`${what} is neither text nor bytes`);
  // Another thread could write to shared memory while it is read.
  if (!(value.buffer instanceof ArrayBuffer)) return Uint8Array.from(view(value));
  return value instanceof Uint8Array ? value : view(value);
}

function view(value) {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Refuses a name that is not known: a setting that is misspelt must not be passed over. */
function known(options, names, what) {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw input(`${what} has no setting ${JSON.stringify(name.slice(0, 64))}`);
  }
}

module.exports = { millis, now, string, optionalString, object, bytes, known };
