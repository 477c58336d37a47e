// Claims, what they are proven with, and what becomes of them.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { AwsAccessError, BodyResigner, Claim, Credentials, Verified, VerifyError, claim, presign, sign, verify, verifyAsync } from 'awsaccess';
import { keys, thrown } from './support.mjs';

const NOW = 1440938160;
const scope = { credentials: keys, region: 'us-east-1', service: 'dynamodb', now: NOW };
const real = { accessKeyId: 'AKIAREALREALREALREAL', secretAccessKey: 'the/real/secret/key', sessionToken: 'the-real-token' };

function signed({ method = 'POST', target = '/', headers = {}, body = '{}', ...rest } = {}) {
  const own = { host: 'dynamodb.us-east-1.amazonaws.com', 'content-type': 'application/x-amz-json-1.0', ...headers };
  return { method, target, headers: sign({ ...scope, ...rest, method, url: target, headers: own, body }), body };
}

test('a claim says who signed what, and nothing more', () => {
  const c = claim(signed(), { now: NOW });
  assert.deepEqual(
    [c.accessKeyId, c.region, c.service, c.presigned, c.expires, c.payload, c.sessionToken, c.signedAt.getTime() / 1000],
    ['AKIDEXAMPLE', 'us-east-1', 'dynamodb', false, undefined, undefined, undefined, NOW],
  );
  assert.deepEqual(c.signedHeaders, ['content-type', 'host', 'x-amz-date']);
  const late = claim(signed({ payload: 'UNSIGNED-PAYLOAD', service: 's3', credentials: { ...keys, sessionToken: 'tok' } }), { now: NOW });
  assert.deepEqual([late.payload, late.sessionToken], ['UNSIGNED-PAYLOAD', 'tok']);
});

test('a claim serves once, whatever came of it', () => {
  const c = claim(signed(), { now: NOW });
  thrown('input', () => c.verify(5));
  thrown('input', () => c.verify(keys.secretAccessKey, 5));
  assert.ok(c.verify(keys.secretAccessKey, '{}') instanceof Verified);
  thrown('used', () => c.verify(keys.secretAccessKey, '{}'));
  const wrong = claim(signed(), { now: NOW });
  thrown('verify', () => wrong.verify('wrong', '{}'));
  thrown('used', () => wrong.verify(keys.secretAccessKey, '{}'));
});

test('nobody makes a claim, a verified request or its body but this module', () => {
  for (const Made of [Claim, Verified, BodyResigner]) {
    thrown('input', () => new Made());
    thrown('input', () => new Made(Symbol('awsaccess'), [], []));
  }
  const c = claim(signed(), { now: NOW });
  assert.throws(() => Claim.prototype.verify.call({}, 'secret'), TypeError);
  assert.throws(() => Verified.prototype.resign.call(c, real), TypeError);
});

test('a key is a secret, a pair, or credentials; and nothing is an unknown key', () => {
  const plain = signed();
  for (const key of [keys.secretAccessKey, [keys.secretAccessKey, null], [keys.secretAccessKey, undefined], keys, new Credentials(keys)]) {
    assert.equal(verify(plain, () => key, { now: NOW }).accessKeyId, 'AKIDEXAMPLE');
  }
  const token = { ...keys, sessionToken: 'tok-tok-tok' };
  const withToken = signed({ credentials: token });
  for (const key of [[keys.secretAccessKey, 'tok-tok-tok'], token]) assert.ok(verify(withToken, () => key, { now: NOW }));
  for (const key of [keys.secretAccessKey, [keys.secretAccessKey, 'other']]) {
    assert.equal(thrown('verify', () => verify(withToken, () => key, { now: NOW })).kind, 'invalid-token');
  }
  for (const key of [null, undefined]) {
    assert.equal(thrown('verify', () => verify(plain, () => key, { now: NOW })).kind, 'unknown-key');
  }
  const uniform = { now: NOW, policy: { uniformErrors: true } };
  const unknown = thrown('verify', () => verify(plain, () => null, uniform));
  assert.equal(unknown.message, thrown('verify', () => verify(plain, () => 'wrong', uniform)).message);
  for (const key of [5, [], ['a'], ['a', 'b', 'c'], {}, { secretAccessKey: 5 }]) thrown('input', () => verify(plain, () => key, { now: NOW }));
});

test('a lookup is a function', async () => {
  thrown('input', () => verify(signed(), keys, { now: NOW }));
  await assert.rejects(verifyAsync(signed(), 'secret', { now: NOW }), { code: 'input' });
});

test('what lookup throws is thrown unchanged, and it may take its time', async () => {
  const mine = new RangeError('the database is away');
  assert.throws(() => verify(signed(), () => { throw mine; }, { now: NOW }), (error) => error === mine);
  await assert.rejects(verifyAsync(signed(), async () => { throw mine; }, { now: NOW }), (error) => error === mine);
  const seen = [];
  const verified = await verifyAsync(signed(), async (id, c) => seen.push(id, c.service) && keys, { now: NOW });
  assert.deepEqual([verified.region, ...seen], ['us-east-1', 'AKIDEXAMPLE', 'dynamodb']);
  thrown('input', () => verify(signed(), async () => { throw mine; }, { now: NOW }));
  await assert.rejects(verifyAsync(signed(), async () => undefined, { now: NOW }), { kind: 'unknown-key' });
});

test('an error is exact for the operator and says little to the client', () => {
  const error = thrown('verify', () => verify(signed(), () => 'wrong', { now: NOW }));
  assert.ok(error instanceof VerifyError && error instanceof AwsAccessError && error instanceof Error);
  assert.deepEqual([error.name, error.kind, error.awsCode, error.status], ['VerifyError', 'signature-mismatch', 'SignatureDoesNotMatch', 403]);
  assert.match(error.message, /^The request signature we calculated does not match/);
  assert.match(error.operatorDetail, /wrong secret, or the request was altered/);
  assert.ok(!JSON.stringify(error).includes('altered'));
});

test('the policy is the strict one unless it says otherwise, and is read exactly', () => {
  const added = signed();
  added.headers.push(['x-amz-acl', 'public-read']);
  assert.equal(thrown('verify', () => verify(added, () => keys, { now: NOW })).kind, 'header-not-signed');
  for (const policy of [{ requireAmzSigned: false }, { unsignedAmz: ['X-Amz-Acl'] }]) assert.ok(verify(added, () => keys, { now: NOW, policy }));
  const refused = (policy, now = NOW) => thrown('verify', () => verify(signed(), () => keys, { now, policy })).kind;
  assert.equal(refused({}, NOW + 301), 'expired');
  assert.ok(verify(signed(), () => keys, { now: NOW + 301, policy: { maxSkew: 302 } }));
  assert.equal(refused({ region: 'eu-west-1' }), 'wrong-scope');
  assert.equal(refused({ service: 'sqs' }), 'wrong-scope');
  assert.equal(refused({ requireSigned: ['x-tenant'] }), 'header-not-signed');
  const unsigned = signed({ payload: 'UNSIGNED-PAYLOAD' });
  assert.equal(thrown('verify', () => verify(unsigned, () => keys, { now: NOW })).kind, 'unsupported-payload');
  assert.ok(verify(unsigned, () => keys, { now: NOW, policy: { anyUnsignedPayload: true } }));
  for (const policy of [{ maxskew: 1 }, { maxSkew: '1' }, { maxSkew: -1 }, { requireSigned: 'host' }, { region: 5 }, 'strict']) {
    thrown('input', () => claim(signed(), { now: NOW, policy }));
  }
});

test('a verified request is signed again, once, and by what AWS knows', () => {
  const incoming = signed({ headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem', 'user-agent': 'me', connection: 'keep-alive' } });
  const verified = verify(incoming, () => keys, { now: NOW });
  const out = verified.resign(real, { now: NOW + 5 });
  assert.deepEqual([out.method, out.url], ['POST', 'https://dynamodb.us-east-1.amazonaws.com/']);
  const names = out.headers.map(([name]) => name.toLowerCase());
  assert.ok(names.includes('x-amz-target') && !names.includes('connection') && names.filter((name) => name === 'authorization').length === 1);
  const again = verify({ method: out.method, target: out.url, headers: out.headers, body: '{}' }, () => real, { now: NOW + 5 });
  assert.deepEqual([again.accessKeyId, again.sessionToken], ['AKIAREALREALREALREAL', 'the-real-token']);
  thrown('used', () => verified.resign(real, { now: NOW }));
});

test('where it goes can be said, and only that', () => {
  const to = (options, target) => verify(signed({ target }), () => keys, { now: NOW }).resign(real, { now: NOW, ...options });
  const out = to({ url: 'https://Vpce.example:443/' });
  assert.deepEqual([out.url, out.headers[0]], ['https://Vpce.example/', ['host', 'Vpce.example']]);
  assert.equal(to({ url: 'http://127.0.0.1:8080' }).url, 'http://127.0.0.1:8080/');
  assert.equal(to({ url: new URL('https://h:8443') }).url, 'https://h:8443/');
  assert.equal(to({ basePath: '/gw' }, '/gw/a?x=1').url, 'https://dynamodb.us-east-1.amazonaws.com/a?x=1');
  assert.equal(to({ url: 'https://h/a?x=1' }, '/a?x=1').url, 'https://h/a?x=1');
  for (const url of ['https://h/path', 'https://h/?y', 'h', 'ftp://h', 'https://u@h', 'https://h?x', 5]) thrown('input', () => to({ url }));
  thrown('resign', () => to({ basePath: '/gw' }, '/other'));
  const absolute = sign({ ...scope, method: 'GET', url: 'http://local.example:8000/x' });
  assert.equal(verify({ method: 'GET', target: 'http://local.example:8000/x', headers: absolute, body: '' }, () => keys, { now: NOW }).resign(real, { now: NOW }).url, 'http://local.example:8000/x');
});

test('a link becomes a short-lived link', () => {
  const url = presign({ ...scope, method: 'GET', url: 'https://b.s3.amazonaws.com/key', service: 's3', payload: 'UNSIGNED-PAYLOAD', expires: 600 });
  const head = { method: 'GET', target: url, headers: { host: 'b.s3.amazonaws.com' } };
  const verified = verify(head, () => keys, { now: NOW + 100 });
  assert.deepEqual([verified.presigned, verified.expires], [true, 600]);
  const out = verified.resign(real, { now: NOW + 100 });
  const query = new URL(out.url).searchParams;
  assert.ok(Number(query.get('X-Amz-Expires')) <= 60);
  assert.ok(query.get('X-Amz-Credential').startsWith('AKIAREALREALREALREAL/'));
  for (const expiresAt of [NOW + 99, new Date((NOW + 99) * 1000)]) {
    const again = verify(head, () => keys, { now: NOW + 100 });
    thrown('resign', () => again.resign({ ...real, expiresAt }, { now: NOW + 100 }));
  }
});

test('a body is checked as it flows, and its end is held back until it is right', () => {
  const body = 'hello, world';
  const payload = createHash('sha256').update(body).digest('hex');
  const incoming = signed({ method: 'PUT', target: '/k', service: 's3', headers: { host: 'b.s3.amazonaws.com' }, body, payload });
  const begin = () => {
    const verified = claim(incoming, { now: NOW }).verify(keys);
    verified.resign(real, { now: NOW });
    return verified.bodyResigner(real);
  };
  const first = claim(incoming, { now: NOW }).verify(keys);
  const early = first.bodyResigner(real);
  assert.equal(Buffer.concat([early.push(body), early.finish()]).toString(), body);
  assert.equal(first.resign(real, { now: NOW }).method, 'PUT');
  thrown('used', () => first.bodyResigner(real));
  const good = begin();
  const parts = [good.push('hello'), good.push(Buffer.from(', ')), good.push(''), good.push('world'), good.finish()];
  assert.equal(Buffer.concat(parts).toString(), body);
  thrown('used', () => good.finish());
  thrown('used', () => good.push('x'));
  const bad = begin();
  const sent = bad.push('hello, World');
  assert.equal(sent.length, body.length - 1);
  thrown('verify', () => bad.finish());
  thrown('input', () => begin().push(null));

  // Without a declared hash there is nothing to hold a body that comes later against.
  assert.equal(thrown('verify', () => claim(signed({ headers: { 'content-length': 2 } }), { now: NOW }).verify(keys)).kind, 'payload-required');
});

test('the default upload of today\'s SDKs passes', () => {
  const chunks = 'a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:poTHxg==\r\n\r\n';
  const headers = {
    host: 'b.s3.amazonaws.com', 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '10',
    'x-amz-trailer': 'x-amz-checksum-crc32', 'content-length': chunks.length,
  };
  const incoming = signed({ method: 'PUT', target: '/k', service: 's3', headers, payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', body: undefined });
  const through = (text, size) => {
    const verified = claim(incoming, { now: NOW }).verify(keys);
    verified.resign(real, { now: NOW });
    const body = verified.bodyResigner(real);
    const out = [];
    for (let at = 0; at < text.length; at += size) out.push(body.push(text.slice(at, at + size)));
    return Buffer.concat([...out, body.finish()]).toString();
  };
  for (const size of [1, 7, 1000]) assert.equal(through(chunks, size), chunks);
  thrown('verify', () => through(chunks.slice(0, -2), 7));
  thrown('verify', () => through(chunks.replace('0123', '0124'), 7));
  thrown('verify', () => through(chunks.replace('x-amz-checksum-crc32:', 'x-amz-meta-evil:'), 7));
});

test('chunks that are signed are signed again, once the head is', () => {
  const frame = (seed, secret) => {
    const sha256 = (data) => createHash('sha256').update(data).digest('hex');
    const day = new Date(NOW * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
    const parts = [day.slice(0, 8), scope.region, 's3', 'aws4_request'];
    const key = parts.reduce((key, part) => createHmac('sha256', key).update(part).digest(), `AWS4${secret}`);
    let [out, last] = ['', seed];
    for (const chunk of ['hello', '']) {
      const text = ['AWS4-HMAC-SHA256-PAYLOAD', day, parts.join('/'), last, sha256(''), sha256(chunk)].join('\n');
      last = createHmac('sha256', key).update(text).digest('hex');
      out += `${chunk.length.toString(16)};chunk-signature=${last}\r\n${chunk}\r\n`;
    }
    return out;
  };
  const seed = (headers) => new Map(headers).get('authorization').split('Signature=')[1];
  const headers = { host: 'b.s3.amazonaws.com', 'x-amz-decoded-content-length': '5' };
  const incoming = signed({ method: 'PUT', target: '/k', service: 's3', headers, payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', body: undefined });
  const sent = frame(seed(incoming.headers), keys.secretAccessKey);
  const verified = claim(incoming, { now: NOW }).verify(keys);
  thrown('resign', () => verified.bodyResigner(real));
  const out = verified.resign(real, { now: NOW });
  const body = verified.bodyResigner(real);
  assert.equal(Buffer.concat([body.push(sent), body.finish()]).toString(), frame(seed(out.headers), real.secretAccessKey));

  const other = claim(incoming, { now: NOW }).verify(keys);
  other.resign(real, { now: NOW });
  thrown('verify', () => other.bodyResigner(real).push(sent.replace('hello', 'hellO')));
});
