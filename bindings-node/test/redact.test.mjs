// Nothing secret in any log.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { Credentials, RedactStream, Redactor, findSecret, redact } from 'awsaccess';
import { VECTORS, generator, thrown } from './support.mjs';

const SECRET = 'correct/horse+battery';
const TOKEN = 'staple-staple-staple';
const credentials = new Credentials({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken: TOKEN });

test('the cases of other scanners: their secrets are gone, and ours stay gone', () => {
  const cases = readFileSync(`${VECTORS}redaction/cases.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(cases.length, 59);
  let hidden = 0;
  for (const { id, kind, expect, text_b64: encoded, secrets_b64: secrets } of cases) {
    const text = Buffer.from(encoded, 'base64');
    const out = redact(text);
    assert.deepEqual(redact(out), out, id);
    if (Buffer.from(text.toString('utf8')).equals(text)) assert.equal(redact(text.toString('utf8')), out.toString('utf8'), id);
    if (expect !== 'match') continue;
    for (const secret of secrets.map((part) => Buffer.from(part, 'base64'))) {
      // Key ids are names and stay, unless they are asked to go.
      const isKeyId = /^(A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AIPA|ANPA|ANVA|AROA|APKA|ASCA)[A-Z0-9]{12,17}$/.test(secret.toString());
      const shown = isKeyId ? new Redactor({ maskKeyIds: true }).redact(text) : out;
      if (!shown.includes(secret)) hidden++;
      else assert.ok(isKeyId || /EXAMPLE/.test(secret.toString()) || secret.length !== 40, `${id} (${kind}): ${shown}`);
    }
  }
  assert.ok(hidden > 20, `${hidden}`);
});

test('what is learned is hidden in every encoding, until it is forgotten', () => {
  const redactor = new Redactor().learn(credentials);
  const forms = [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('hex'), JSON.stringify(SECRET)];
  for (const form of forms) assert.ok(redactor.redact(`a ${form} b`).includes('[aws-secret-access-key]'), form);
  const base64 = redactor.redact(`x ${Buffer.from(`--${TOKEN}--`).toString('base64')} y`);
  assert.match(base64, /\[aws-session-token\]/);
  assert.equal(redactor.redact('as AKIDEXAMPLE'), 'as AKIDEXAMPLE');
  redactor.forget(credentials);
  assert.equal(redactor.redact(`a ${TOKEN} b`), `a ${TOKEN} b`);
});

test('other secrets have names, and some cannot be learned', () => {
  const redactor = new Redactor().learn('gateway-gateway', 'Gateway key');
  assert.equal(redactor.redact('x gateway-gateway y'), 'x [gateway-key] y');
  redactor.forget('gateway-gateway');
  assert.equal(redactor.redact('x gateway-gateway y'), 'x gateway-gateway y');
  thrown('input', () => redactor.learn('1234', 'pin'));
  thrown('input', () => redactor.learn(Buffer.alloc(17 * 1024)));
  thrown('input', () => redactor.learn(null));
  thrown('input', () => redactor.learn({}));
  thrown('input', () => redactor.redact(5));
});

test('what has expired is forgotten, and nothing else', () => {
  const old = new Credentials({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, expiresAt: new Date(1000) });
  const redactor = new Redactor().learn(old).learn(TOKEN, 'token');
  assert.equal(redactor.forgetExpired(new Date(999)), redactor);
  assert.equal(redactor.redact(`${SECRET} ${TOKEN}`), '[aws-secret-access-key] [token]');
  redactor.forgetExpired(new Date(1000));
  assert.equal(redactor.redact(`${SECRET} ${TOKEN}`), `${SECRET} [token]`);
  redactor.learn(old).forgetExpired();
  assert.equal(redactor.redact(`${SECRET} ${TOKEN}`), `${SECRET} [token]`);
  thrown('input', () => redactor.forgetExpired('now'));
});

test('where secrets appear is told', () => {
  const redactor = new Redactor().learn(credentials);
  assert.deepEqual(redactor.search('é x=correct%2Fhorse%2Bbattery'), [{ name: 'aws-secret-access-key', encoding: 'percent-encoded', start: 5, end: 30 }]);
  assert.deepEqual(redactor.search(Buffer.from('nothing')), []);
  thrown('input', () => redactor.search(5));
});

test('text gives text and bytes give bytes, whatever is in them', () => {
  assert.equal(redact(''), '');
  assert.equal(redact('!{"code":"internal"}'), '!{"code":"internal"}');
  assert.equal(redact('é ሴ 😀 password=hush'), 'é ሴ 😀 password=[password]');
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(' password=hush')]);
  assert.deepEqual(redact(bytes), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(' password=[password]')]));
});

test('headers, targets and queries', () => {
  const redactor = new Redactor();
  assert.equal(redactor.header('x-amz-security-token', 'IQoJ'), '[aws-session-token]');
  assert.equal(redactor.header('host', 'sts.amazonaws.com'), 'sts.amazonaws.com');
  assert.equal(redactor.target('/k?X-Amz-Credential=AKID&X%2DAmz%2DSignature=00ff'), '/k?X-Amz-Credential=AKID&X%2DAmz%2DSignature=[signature]');
  assert.equal(redactor.query(Buffer.from('Action=AssumeRole&SAMLAssertion=PHN')).toString(), 'Action=AssumeRole&SAMLAssertion=[saml-assertion]');
});

test('a stream gives the same however it is cut', async () => {
  const redactor = new Redactor().learn(credentials);
  const lines = Array.from({ length: 20 }, (_, at) => `${at} é secret ${SECRET} and aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n${Buffer.from(TOKEN).toString('base64')} 😀\n`);
  const whole = Buffer.from(lines.join(''));
  const expected = redactor.redact(whole);
  assert.ok(!expected.includes(SECRET) && !expected.includes('wJalr'));
  const random = generator(7);
  for (let round = 0; round < 50; round++) {
    const pieces = [];
    for (let at = 0; at < whole.length;) {
      const size = 1 + random.below(round < 5 ? 3 : 200);
      pieces.push(whole.subarray(at, (at += size)));
    }
    assert.deepEqual(await buffer(Readable.from(pieces).pipe(redactor.stream())), expected);
  }
  assert.equal(await text(Readable.from(['pass', 'word=hush ', 'x']).pipe(new RedactStream())), 'password=[password] x');
  assert.equal(await text(Readable.from([]).pipe(new RedactStream(redactor))), '');
  thrown('input', () => new RedactStream({}));
});

test('a stream knows what was known when it began', async () => {
  const redactor = new Redactor();
  const before = redactor.stream();
  redactor.learn(credentials);
  before.end(TOKEN);
  assert.equal(await text(before), TOKEN);
});

test('a secret is found in what was logged', () => {
  assert.equal(findSecret('x=correct%2Fhorse', 'correct/horse'), 'percent-encoded');
  assert.equal(findSecret(Buffer.from('x=wrong'), Buffer.from('correct/horse')), undefined);
});

const forms = readFileSync(`${VECTORS}redaction/forms.jsonl`, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const { slots } = forms.shift();

test('every form', () => {
  assert.ok(forms.length > 400);
  for (const { id, text: form } of forms) {
    const used = [...form.matchAll(/\{([A-Z0-9]+)\}/g)].map(([, name]) => slots[name]).filter((slot) => slot !== undefined);
    const filled = form.replace(/\{([A-Z0-9]+)\}/g, (all, name) => slots[name] ?? all);
    const shown = redact(filled);
    for (const secret of used) assert.ok(!shown.includes(secret.trim()), `${id}: ${shown}`);
    if (used.length === 0) assert.equal(shown, filled, id);
    assert.equal(redact(shown), shown, id);
  }
});

test('tags, masks and control characters', () => {
  const tagged = new Redactor({ tagKey: 'of this log' });
  const label = (shown) => /\[password\.[0-9a-f]{12}\]/.exec(shown)[0];
  assert.equal(label(tagged.redact('--password one')), label(tagged.redact('db_password = one')));
  assert.notEqual(label(tagged.redact('--password one')), label(tagged.redact('--password two')));
  assert.equal(new Redactor({ tagKey: Buffer.from('of this log') }).redact('--password one'), tagged.redact('--password one'));
  assert.notEqual(new Redactor({ tagKey: 'of another' }).redact('--password one'), tagged.redact('--password one'));
  assert.equal(new Redactor({ maskKeyIds: true }).redact('AKIAIOSFODNN7EXAMPLE'), '[aws-access-key-id]');
  assert.equal(new Redactor({ neutralize: true }).redact('a\u001b[31m\u202eb\n'), 'a\\u001b[31m\\u202eb\n');
  assert.equal(new Redactor().field('db_password', 'x'), '[password]');
  assert.deepEqual(new Redactor().field('db_password', Buffer.from('x')), Buffer.from('[password]'));
  assert.equal(new Redactor().field('other', 'x'), 'x');
  thrown('input', () => new Redactor({ neutralize: 1 }));
  thrown('input', () => new Redactor({ tagKey: 5 }));
});

test('values of every kind', () => {
  const redactor = new Redactor().learn(credentials);
  const when = new Date(0);
  const loop = { a: 1 };
  loop.self = loop;
  class Login {
    constructor() {
      this.user = 'bob';
      this.password = 'hunter2';
    }
  }
  const own = Symbol.for('level');
  const value = {
    password: 'x', n: 1, big: 5n, none: null, nothing: undefined, yes: true, TokenCode: 941725, when, loop, login: new Login(),
    bytes: Buffer.from('AWS_SECRET_ACCESS_KEY=abc'), array: new Uint8Array(Buffer.from('Password=x')).buffer, fine: Buffer.from([1, 2, 255]),
    map: new Map([['secretKey', 'x'], [`key ${SECRET}`, 1]]), set: new Set([`got ${TOKEN}`]), url: new URL('https://u:p4ss@x/?X-Amz-Signature=00112233445566778899'),
    headers: new Headers({ authorization: 'Bearer abc', host: 'h' }), query: new URLSearchParams({ SAMLAssertion: 'x', a: 'b' }),
    pairs: [['x-amz-security-token', 't'], ['host', 'h']], raw: ['x-amz-security-token', 't', 'host', 'h'], words: ['password', 'username'],
    env: [{ name: 'DB_PASSWORD', value: 'p' }, { value: 'p', name: 'other' }], ssm: { Type: 'SecureString', Value: 'v' },
    json: { toJSON: () => ({ secretAccessKey: 'x' }) }, cookies: { 'set-cookie': ['a=b', 'c=d'] }, [own]: 'info', ['__proto__']: 'p',
    get broken() { throw new Error(SECRET); },
    proxy: new Proxy({}, { ownKeys() { throw new Error(SECRET); } }),
  };
  assert.deepEqual(redactor.value(value), {
    password: '[password]', n: 1, big: 5n, none: null, nothing: undefined, yes: true, TokenCode: '[mfa-code]', when, loop: { a: 1, self: '[circular]' }, login: { user: 'bob', password: '[password]' },
    bytes: Buffer.from('AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]'), array: Buffer.from('Password=[password]'), fine: Buffer.from([1, 2, 255]),
    map: new Map([['secretKey', '[aws-secret-access-key]'], ['key [aws-secret-access-key]', 1]]), set: new Set(['got [aws-session-token]']), url: 'https://u:%5Bpassword%5D@x/?X-Amz-Signature=[signature]',
    headers: { authorization: 'Bearer [bearer-token]', host: 'h' }, query: { SAMLAssertion: '[saml-assertion]', a: 'b' },
    pairs: [['x-amz-security-token', '[aws-session-token]'], ['host', 'h']], raw: ['x-amz-security-token', '[aws-session-token]', 'host', 'h'], words: ['password', 'username'],
    env: [{ name: 'DB_PASSWORD', value: '[password]' }, { value: 'p', name: 'other' }], ssm: { Type: 'SecureString', Value: '[secret]' },
    json: { secretAccessKey: '[aws-secret-access-key]' }, cookies: { 'set-cookie': ['[cookie]', '[cookie]'] }, [own]: 'info', ['__proto__']: 'p',
    broken: '[unreadable]', proxy: '[unreadable]',
  });
  assert.equal(value.password, 'x');
  assert.equal(redactor.value('x', 'password'), '[password]');
  let deep = '--password x';
  for (let at = 0; at < 200; at++) deep = [deep];
  assert.ok(JSON.stringify(redactor.value(deep)).includes('[secret]'));
});

test('errors stay errors, with their causes', () => {
  const redactor = new Redactor().learn(credentials);
  const inner = new TypeError(`inner ${SECRET}`);
  const error = Object.assign(new AggregateError([new RangeError(`one ${TOKEN}`)], `outer ${SECRET}`, { cause: inner }), { config: { password: 'x' }, code: 'E' });
  inner.cause = error;
  const shown = redactor.value(error);
  assert.ok(shown instanceof AggregateError && shown.cause instanceof TypeError && shown.errors[0] instanceof RangeError);
  assert.deepEqual([shown.message, shown.cause.message, shown.errors[0].message, shown.cause.cause], ['outer [aws-secret-access-key]', 'inner [aws-secret-access-key]', 'one [aws-session-token]', '[circular]']);
  assert.deepEqual([shown.config, shown.code], [{ password: '[password]' }, 'E']);
  for (const secret of [SECRET, TOKEN]) assert.ok(!inspect(shown, { showHidden: true, depth: 9 }).includes(secret));
  assert.ok(shown.stack.includes('redact.test.mjs'));
  assert.ok(error.message.includes(SECRET), 'the error itself is left as it is');
});
