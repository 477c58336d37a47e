// What is taken for headers, and what never is.
import test from 'node:test';
import assert from 'node:assert/strict';
import { claim, sign } from 'awsaccess';
import { keys, thrown } from './support.mjs';

const scope = { method: 'GET', url: '/', credentials: keys, region: 'us-east-1', service: 'service', now: 1440938160 };
const signature = (headers) => sign({ ...scope, headers }).at(-1)[1];
const reference = signature([['Host', 'h'], ['X-A', '1'], ['X-A', '2']]);

test('every form of the same headers is signed alike', () => {
  const forms = {
    'a flat list': ['Host', 'h', 'X-A', '1', 'X-A', '2'],
    'an object': { host: 'h', 'x-a': ['1', '2'] },
    'a map': new Map([['Host', 'h'], ['X-A', ['1', '2']]]),
    'bytes': [['Host', Buffer.from('h')], [Buffer.from('X-A'), Buffer.from('1')], ['X-A', new Uint8Array([50])]],
    'numbers': [['Host', 'h'], ['X-A', 1], ['X-A', 2]],
    'entries': { entries: () => [['host', 'h'], ['x-a', '1'], ['x-a', '2']].values() },
  };
  for (const [form, headers] of Object.entries(forms)) assert.equal(signature(headers), reference, form);
  const joined = signature(new Headers([['host', 'h'], ['x-a', '1, 2']]));
  assert.equal(joined, signature({ host: 'h', 'x-a': '1, 2' }));
});

test('the caller\'s own pairs come back as they were, in order, and what signing sets replaces them', () => {
  const value = Buffer.from([0xe9]);
  const headers = [['X-B', value], ['hOsT', 'h'], ['X-AMZ-DATE', 'old'], ['Authorization', 'old'], ['x-b', 'two']];
  const signed = sign({ ...scope, headers });
  assert.deepEqual(signed.map(([name]) => name), ['X-B', 'hOsT', 'x-b', 'x-amz-date', 'authorization']);
  assert.equal(signed[0][1], value);
});

test('a session token that came in belongs to others', () => {
  for (const name of ['X-Amz-Security-Token', 'x-amz-s3session-token']) {
    const signed = sign({ ...scope, url: 'https://h/', headers: [[name, 't0k3n-of-others'], ['a', 'b']] });
    assert.ok(!JSON.stringify(signed).includes('t0k3n') && !/token/.test(signed.at(-1)[1]), name);
    assert.deepEqual(signed[0], ['a', 'b']);
  }
});

test('text is one byte a character', () => {
  const [text, bytes] = ['caf\u00e9', Buffer.from([0x63, 0x61, 0x66, 0xe9])];
  assert.equal(signature({ host: 'h', 'x-a': text }), signature({ host: 'h', 'x-a': bytes }));
  for (const bad of ['\u010a', '\u2028', '\ud800', 'a\u0100']) {
    const error = thrown('input', () => signature({ host: 'h', 'x-a': bad }));
    assert.ok(!error.message.includes('\n'));
    thrown('input', () => signature([['host', 'h'], ['x-a', bad], ['x-b', Buffer.from('b')]]));
    thrown('input', () => claim({ method: 'GET', target: '/', headers: { 'x-a': bad } }));
  }
});

test('a line break is refused wherever it is smuggled in', () => {
  for (const bad of ['a\nb', 'a\r\nx-evil: 1', 'a\r\n folded', '\n', 'a\rb', 'a\0b']) {
    thrown('input', () => signature({ host: 'h', 'x-a': bad }));
    thrown('input', () => signature([['host', 'h'], ['x-a', bad], ['x-b', Buffer.from('b')]]));
    thrown('input', () => claim({ method: 'GET', target: '/', headers: { 'x-a': bad } }));
  }
  for (const changed of [
    { method: 'GET\nx' }, { url: '/\n' }, { region: 'r\n' }, { service: '\ns' },
    { credentials: { ...keys, secretAccessKey: 'a\nb' } }, { credentials: { ...keys, sessionToken: 'a\nb' } },
  ]) {
    thrown('input', () => sign({ ...scope, headers: { host: 'h' }, ...changed }));
  }
  thrown('input', () => signature({ host: 'h', 'x\na': '1' }));
});

test('bytes are taken as they are, folds too, and no line more', () => {
  const folded = Buffer.from('a\r\n  b');
  assert.equal(signature({ host: 'h', 'x-a': folded }), signature({ host: 'h', 'x-a': 'a b' }));
  thrown('sign', () => signature({ host: 'h', 'x-a': Buffer.from('a\r\nx-evil: 1') }));
});

test('what is no header is refused', () => {
  const wrong = ['Host: h', [['Host', 'h'], 'ab'], ['Host'], [['Host']], [['a', 'b', 'c']], { host: undefined }, { host: null }, { host: 1.5 }, Buffer.from('ab'), 5];
  for (const headers of wrong) thrown('input', () => sign({ ...scope, url: 'https://h/', headers }));
});

test('arguments of the wrong form are named', () => {
  const wrong = {
    method: 5, url: 5, region: undefined, service: null, credentials: null, payload: 'zz', now: 'today', body: 5,
    doubleEncode: 'yes', sessionToken: 'both', algorithm: 'v5',
  };
  for (const [name, value] of Object.entries(wrong)) {
    const error = thrown('input', () => sign({ ...scope, headers: { host: 'h' }, [name]: value }));
    assert.ok(error.message.includes(name), error.message);
  }
});

test('times are seconds or dates, never milliseconds', () => {
  const at = (now) => sign({ ...scope, headers: { host: 'h' }, now }).find(([name]) => name === 'x-amz-date')[1];
  assert.equal(at(1440938160), '20150830T123600Z');
  assert.equal(at(new Date(1440938160999)), '20150830T123600Z');
  for (const bad of [1440938160000, -1, NaN, Infinity, new Date(NaN), '1440938160', 1440938160n]) thrown('input', () => at(bad));
  const clock = at(undefined);
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  assert.ok(clock >= `${today}T`.slice(0, 8) || clock.endsWith('Z'));
});

test('bodies are text or bytes of any view', () => {
  const signed = (body) => sign({ ...scope, headers: { host: 'h' }, body }).at(-1)[1];
  const bytes = Buffer.from('caf\u00e9', 'utf8');
  const copy = new Uint8Array(bytes);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const body of [bytes, copy, copy.buffer, new DataView(copy.buffer), shared]) assert.equal(signed(body), signed('caf\u00e9'));
  assert.equal(signed(null), signed(new Uint8Array(0)));
});
