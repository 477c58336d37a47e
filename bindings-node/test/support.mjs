// What several tests need.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';

export const VECTORS = fileURLToPath(new URL('../../vectors/', import.meta.url));

export const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

export function json(path) {
  return JSON.parse(readFileSync(VECTORS + path, 'utf8'));
}

/** A raw request: request line, header fields (folded ones stay folded), an empty line, the body. All bytes. */
export function parseRaw(raw) {
  const text = raw.toString('latin1');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const [first, ...lines] = head.split('\n');
  const space = first.indexOf(' ');
  const headers = [];
  for (const line of lines.filter((line) => line !== '')) {
    if (/^[ \t]/.test(line)) headers.at(-1)[1] += `\n${line}`;
    else headers.push([line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  }
  const bytes = (text) => Buffer.from(text, 'latin1');
  return {
    method: first.slice(0, space),
    target: bytes(first.slice(space + 1, first.lastIndexOf(' HTTP/1.1'))),
    headers: headers.map(([name, value]) => [name, bytes(value)]),
    body: end < 0 ? Buffer.alloc(0) : bytes(text.slice(end + 2)),
  };
}

/** AWS's own signing cases. */
export function signingCases() {
  const names = readdirSync(`${VECTORS}sigv4/v4`).sort();
  assert.equal(names.length, 38);
  return names.map((name) => {
    const file = (part) => readFileSync(`${VECTORS}sigv4/v4/${name}/${part}`);
    const context = JSON.parse(file('context.json'));
    const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, token } = context.credentials;
    const raw = parseRaw(file('request.txt'));
    return {
      name,
      file: (part) => file(part).toString('utf8'),
      raw: file,
      lateToken: context.omit_session_token === true,
      request: {
        method: raw.method,
        url: raw.target,
        headers: raw.headers,
        body: raw.body,
        credentials: { accessKeyId, secretAccessKey, sessionToken: token },
        region: context.region,
        service: context.service,
        now: new Date(context.timestamp),
        expires: context.expiration_in_seconds,
        doubleEncode: true,
        normalize: context.normalize,
        contentSha256Header: context.sign_body,
        sessionToken: context.omit_session_token === true ? 'append' : 'sign',
      },
    };
  });
}

/** Runs `work`, which must throw an error with this code, and gives it. */
export function thrown(code, work) {
  let error;
  try {
    work();
  } catch (caught) {
    error = caught;
  }
  assert.ok(error, `nothing was thrown; expected ${code}`);
  assert.equal(error.code, code, error.stack);
  return error;
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function generator(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const text = (alphabet, longest) => Array.from({ length: below(longest + 1) }, () => pick(alphabet)).join('');
  return { next, below, pick, text };
}
