'use strict';

const { input } = require('./error.cjs');

/**
 * Joins texts into the one string that crosses to native code, where `fields` (names and values in turn) are
 * header fields. If one piece is bytes, all go as bytes, each behind its length.
 */
function join(head, fields) {
  const pieces = fields.length === 0 ? head : head.concat(fields);
  const count = pieces.length;
  if (pieces.some((piece) => typeof piece !== 'string')) {
    return { text: '', count, packed: pack(pieces, head.length) };
  }
  return { text: pieces.join('\n'), count, packed: undefined };
}

function pack(pieces, fieldsFrom) {
  const parts = [];
  pieces.forEach((piece, at) => {
    const data = typeof piece !== 'string' ? piece : at < fieldsFrom ? Buffer.from(piece, 'utf8') : latin1(piece);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(data.length);
    parts.push(length, data);
  });
  return Buffer.concat(parts);
}

/** Header text beside bytes: held to the rules of text here, since native code sees bytes only. */
function latin1(text) {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw input('a header has a character above U+00FF; give bytes, or encode it');
    if (code === 10 || code === 13 || code === 0) throw input('a header has a line break or a nul; remove it');
  }
  return Buffer.from(text, 'latin1');
}

/** Takes the results of native code apart. */
function unpack(text) {
  const colon = text.indexOf(':');
  let at = colon + 1;
  return text.slice(0, colon).split(',').map((length) => text.slice(at, (at += Number(length))));
}

module.exports = { join, unpack };
