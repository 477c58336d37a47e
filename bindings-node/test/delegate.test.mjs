// A derived key in the place of the secret; sessions of S3 Express; checksums of trailers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '@aws-crypto/sha256-js';
import { Credentials, Delegate, claim, presign, sign, verify } from 'awsaccess';
import { keys, thrown } from './support.mjs';

const NOW = 1_440_938_160;
const whole = new Credentials({ ...keys, sessionToken: 't0k3n-of-the-client', expiresAt: NOW + 3600 });
const request = { method: 'POST', url: 'https://example.amazonaws.com/a', headers: { 'content-type': 'text/plain' }, body: 'x', region: 'us-east-1', service: 'service', now: NOW };

test('the key is the one that AWS documents', () => {
  const mac = (key, text) => createHmac('sha256', key).update(text).digest();
  const key = ['20150830', 'us-east-1', 'service', 'aws4_request'].reduce(mac, `AWS4${keys.secretAccessKey}`);
  assert.deepEqual(whole.delegate('us-east-1', 'service', NOW).key, key);
});

test('it signs and proves as the credentials do', async () => {
  const delegate = whole.delegate('us-east-1', 'service', NOW);
  const signed = sign({ ...request, credentials: delegate });
  assert.deepEqual(signed, sign({ ...request, credentials: whole }));
  assert.equal(presign({ ...request, credentials: delegate, expires: 60 }), presign({ ...request, credentials: whole, expires: 60 }));
  const signer = new SignatureV4({ credentials: whole, region: 'us-east-1', service: 'service', sha256: Sha256, applyChecksum: false });
  const headers = { host: 'example.amazonaws.com', 'content-type': 'text/plain' };
  const theirs = await signer.sign({ method: 'POST', protocol: 'https:', hostname: 'example.amazonaws.com', path: '/a', query: {}, headers, body: 'x' }, { signingDate: new Date(NOW * 1000) });
  assert.equal(signed.find(([name]) => name === 'authorization')[1], theirs.headers.authorization);

  const head = { method: 'POST', target: '/a', headers: signed, body: 'x' };
  const verified = verify(head, () => delegate, { now: NOW });
  const out = verified.resign(new Credentials({ accessKeyId: 'AKIDREAL', secretAccessKey: 'the-real-secret' }).delegate('us-east-1', 'service', NOW), { now: NOW });
  assert.match(Object.fromEntries(out.headers).authorization, /Credential=AKIDREAL\//);
});

test('another process makes it of its parts', () => {
  const { accessKeyId, key, region, service, sessionToken, expiresAt } = whole.delegate('us-east-1', 'service', NOW);
  assert.deepEqual([accessKeyId, region, service, sessionToken, expiresAt.getTime() / 1000], ['AKIDEXAMPLE', 'us-east-1', 'service', 't0k3n-of-the-client', NOW + 3600]);
  const made = new Delegate({ accessKeyId, key, region, service, now: NOW, sessionToken, expiresAt });
  assert.deepEqual(sign({ ...request, credentials: made }), sign({ ...request, credentials: whole }));
  key.fill(0);
  assert.deepEqual(sign({ ...request, credentials: made }), sign({ ...request, credentials: whole }));
  for (const text of [inspect(made, { showHidden: true }), JSON.stringify(made), String(made)]) {
    assert.ok(!text.includes('t0k3n') && !text.includes(made.key.toString('hex')));
  }
});

test('it serves its day, region and service only, and never sigv4a', () => {
  const credentials = whole.delegate('us-east-1', 'service', NOW);
  for (const how of [{ region: 'eu-west-1' }, { service: 's3' }, { now: NOW + 86_400 }, { region: undefined, regionSet: ['*'] }]) {
    thrown('sign', () => sign({ ...request, ...how, credentials }));
  }
  const late = { method: 'POST', target: '/a', headers: sign({ ...request, now: NOW + 86_400, credentials: whole }), body: 'x' };
  thrown('verify', () => verify(late, () => credentials, { now: NOW + 86_400 }));
  for (const wrong of [{ key: 'k'.repeat(32) }, { key: Buffer.alloc(31) }, { region: '' }, { service: 'a b' }, { accessKeyId: '' }]) {
    thrown('input', () => new Delegate({ accessKeyId: 'A', key: Buffer.alloc(32), region: 'r', service: 's', ...wrong }));
  }
});

test('a session of s3 express goes under its own name', () => {
  const url = 'https://bucket--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/key';
  const scope = { method: 'GET', url, credentials: whole, region: 'us-west-2', service: 's3express', sessionToken: 's3express', now: NOW };
  const signed = sign(scope);
  const sent = Object.fromEntries(signed);
  assert.equal(sent['x-amz-s3session-token'], 't0k3n-of-the-client');
  assert.equal(sent['x-amz-security-token'], undefined);
  assert.match(sent.authorization, /SignedHeaders=[^,]*x-amz-s3session-token/);
  const verified = verify({ method: 'GET', target: '/key', headers: signed }, () => whole, { now: NOW });
  const real = { accessKeyId: 'AKIDREAL', secretAccessKey: 'the-real-secret', sessionToken: 't0k3n-real' };
  assert.equal(Object.fromEntries(verified.resign(real, { now: NOW }).headers)['x-amz-s3session-token'], 't0k3n-real');
  assert.match(presign({ ...scope, expires: 60 }), /X-Amz-S3session-Token=/);
});

test('checksums of trailers are checked, unless the receiver does', () => {
  const signed = sign({
    method: 'PUT', url: 'https://b.s3.amazonaws.com/k', credentials: keys, region: 'us-east-1', service: 's3', now: NOW,
    headers: { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' },
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  });
  const body = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
  const way = (options) => {
    const verified = claim({ method: 'PUT', target: '/k', headers: [...signed, ['content-length', body.length]] }, { now: NOW }).verify(keys);
    return verified.bodyResigner(keys, options);
  };
  const through = (options) => {
    const it = way(options);
    return Buffer.concat([it.push(body), it.finish()]).toString('latin1');
  };
  assert.equal(through({ checksums: false }), body);
  thrown('verify', () => through());
  thrown('verify', () => through({ checksums: true }));
  for (const wrong of [{ checksum: true }, { checksums: 'yes' }]) thrown('input', () => way(wrong));
});
