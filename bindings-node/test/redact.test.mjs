// Nothing secret in any log.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
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
