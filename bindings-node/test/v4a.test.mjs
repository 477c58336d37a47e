// SigV4A: AWS's own suite, what AWS's common runtime signed, and keys; node:crypto judges each signature.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createPublicKey, verify as proves } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { claim, explain, presign, sign, verify } from 'awsaccess';
import { VECTORS, json, keys, parseRaw, thrown } from './support.mjs';

const AT = `${VECTORS}sigv4/v4a/`;
const base64url = (hex) => Buffer.from(hex, 'hex').toString('base64url');
const publicKey = ({ X, Y }) => createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: base64url(X), y: base64url(Y) } });
const isRight = (key, text, signature) => proves('sha256', text, { key, dsaEncoding: 'der' }, Buffer.from(signature, 'hex'));
const JUDGED = readdirSync(AT).sort().filter((name) => existsSync(`${AT}${name}/public-key.json`));

test('no case is left out', () => assert.equal(JUDGED.length, 38));

for (const name of JUDGED) {
  const file = (part) => readFileSync(`${AT}${name}/${part}`);
  const text = (part) => file(part).toString('utf8');
  const context = JSON.parse(file('context.json'));
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, token } = context.credentials;
  const raw = parseRaw(file('request.txt'));
  const late = context.omit_session_token === true;
  const request = {
    method: raw.method, url: raw.target, headers: raw.headers, body: raw.body, credentials: { accessKeyId, secretAccessKey, sessionToken: token },
    region: context.region, algorithm: 'v4a', service: context.service, now: new Date(context.timestamp), doubleEncode: true,
    normalize: context.normalize, contentSha256Header: context.sign_body, sessionToken: late ? 'append' : 'sign',
  };
  const key = publicKey(JSON.parse(file('public-key.json')));

  test(`in headers: ${name}`, () => {
    const told = explain(request);
    assert.equal(told.canonicalRequest.toString('utf8'), text('header-canonical-request.txt'));
    assert.equal(told.stringToSign.toString('utf8'), text('header-string-to-sign.txt'));
    const signature = sign(request).find(([name]) => name === 'authorization')[1].split('Signature=')[1];
    assert.ok(isRight(key, told.stringToSign, signature));
    assert.ok(!isRight(key, told.canonicalRequest, signature));
    const theirs = parseRaw(file('header-signed-request.txt'));
    const policy = { requireAmzSigned: !late };
    const check = (headers) => verify({ ...theirs, headers }, () => request.credentials, { now: request.now, policy });
    const verified = check(theirs.headers);
    assert.deepEqual([verified.algorithm, verified.regionSet], ['v4a', ['us-east-1']]);
    const forged = theirs.headers.map(([name, value]) => [name, name === 'Authorization' ? Buffer.from(String(value).replace(/..$/, (end) => (end === '00' ? '01' : '00'))) : value]);
    assert.equal(thrown('verify', () => check(forged)).kind, 'signature-mismatch');
  });

  test(`in the query: ${name}`, () => {
    const expires = context.expiration_in_seconds;
    const told = explain({ ...request, expires });
    assert.equal(told.canonicalRequest.toString('utf8'), text('query-canonical-request.txt'));
    assert.equal(told.stringToSign.toString('utf8'), text('query-string-to-sign.txt'));
    const link = presign({ ...request, expires });
    assert.ok(isRight(key, told.stringToSign, link.toString('latin1').split('X-Amz-Signature=')[1]));
    if (late) return;
    const theirs = parseRaw(file('query-signed-request.txt'));
    assert.equal(verify(theirs, () => request.credentials, { now: request.now }).presigned, true);
  });
}

test('what AWS\'s common runtime signed', () => {
  const cases = json('sigv4/awscrt-v4a.json');
  assert.equal(cases.length, 24);
  for (const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken, region_set: set, method, target, headers, body } of cases) {
    const head = { method, target, headers, body };
    const verified = verify(head, () => ({ accessKeyId, secretAccessKey, sessionToken }), { now: new Date('2027-01-15T08:00:00Z') });
    assert.deepEqual([verified.algorithm, verified.regionSet], ['v4a', set.split(',')]);
    assert.equal(thrown('verify', () => verify(head, () => ['another-secret-of-the-client', sessionToken], { now: new Date('2027-01-15T08:00:00Z') })).kind, 'signature-mismatch');
  }
});

test('keys are derived as AWS derives them', () => {
  const cases = json('sigv4/sigv4a-key-derivation.json').filter(({ public_x: x }) => x !== undefined);
  assert.ok(cases.length > 0);
  for (const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, public_x: X, public_y: Y } of cases) {
    const request = { method: 'GET', url: 'https://h/', credentials: { accessKeyId, secretAccessKey }, regionSet: ['*'], service: 's3', now: 1_700_000_000 };
    const signature = sign(request).at(-1)[1].split('Signature=')[1];
    assert.ok(isRight(publicKey({ X, Y }), explain(request).stringToSign, signature));
  }
});

const request = (how) => {
  const scope = { credentials: keys, service: 's3', now: 1_800_000_000, ...how };
  return { method: 'GET', target: '/k', headers: sign({ method: 'GET', url: 'https://b.s3.amazonaws.com/k', ...scope }) };
};
const options = { now: 1_800_000_000 };

test('a region set is told by claims and what is verified, and goes on', () => {
  const found = claim(request({ regionSet: ['us-east-1', 'eu-*'] }), options);
  assert.deepEqual([found.algorithm, found.region, found.regionSet], ['v4a', 'us-east-1,eu-*', ['us-east-1', 'eu-*']]);
  const out = found.verify(keys).resign({ accessKeyId: 'AKIDREAL', secretAccessKey: 'the-real-secret' }, options);
  const sent = Object.fromEntries(out.headers);
  assert.equal(sent['x-amz-region-set'], 'us-east-1,eu-*');
  assert.match(sent.authorization, /^AWS4-ECDSA-P256-SHA256 Credential=AKIDREAL\//);
  const one = claim(request({ region: 'us-east-1' }), options);
  assert.deepEqual([one.algorithm, one.region, one.regionSet], ['v4', 'us-east-1', undefined]);
  assert.deepEqual(claim(request({ region: 'us-east-1', algorithm: 'v4a' }), options).regionSet, ['us-east-1']);
});

test('a policy may refuse it', () => {
  const policy = { sigv4a: false };
  assert.equal(thrown('verify', () => claim(request({ regionSet: ['*'] }), { ...options, policy })).kind, 'unsupported-algorithm');
  claim(request({ region: 'us-east-1' }), { ...options, policy });
});

test('what does not go together', () => {
  for (const how of [{}, { algorithm: 'v4a' }, { region: 'r', regionSet: ['*'] }, { regionSet: ['*'], algorithm: 'v4' }, { regionSet: '*' }, { regionSet: ['a,b'] }]) {
    thrown('input', () => request(how));
  }
  for (const how of [{ regionSet: [] }, { regionSet: ['a b'] }]) thrown('sign', () => request(how));
});
