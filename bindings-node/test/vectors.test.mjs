// AWS's own signing suite, and the order in which faults are reported.
import test from 'node:test';
import assert from 'node:assert/strict';
import { claim, presign, sign, verify } from 'awsaccess';
import { json, keys, parseRaw, signingCases, thrown } from './support.mjs';

const fold = (headers) =>
  new Set(headers.map(([name, value]) => `${String(name).toLowerCase()}: ${Buffer.from(value).toString('utf8').trim()}`));

for (const { name, file, raw, request, lateToken } of signingCases()) {
  test(`signing: ${name}`, () => {
    const signed = sign(request);
    const authorization = signed.find(([name]) => name === 'authorization')[1];
    assert.equal(authorization.split('Signature=')[1], file('header-signature.txt'));
    assert.deepEqual(fold(signed), fold(parseRaw(raw('header-signed-request.txt')).headers));

    // As text where text can say it: the same.
    if (!name.includes('multiline')) {
      const headers = request.headers.map(([name, value]) => [name, value.toString('latin1')]);
      assert.deepEqual(fold(sign({ ...request, url: request.url.toString('utf8'), headers })), fold(signed));
    }

    const policy = { requireAmzSigned: !lateToken };
    const head = { method: request.method, target: request.url, headers: signed };
    const check = (changed) => verify({ ...head, body: request.body, ...changed }, () => request.credentials, { now: request.now, policy });
    assert.equal(check({}).accessKeyId, request.credentials.accessKeyId);

    const altered = authorization.slice(0, -1) + (authorization.endsWith('0') ? '1' : '0');
    const forged = signed.map(([name, value]) => [name, name === 'authorization' ? altered : value]);
    const error = thrown('verify', () => check({ headers: forged }));
    assert.deepEqual([error.kind, error.status, error.awsCode], ['signature-mismatch', 403, 'SignatureDoesNotMatch']);
    thrown('verify', () => check({ body: Buffer.concat([request.body, Buffer.from('x')]) }));
  });

  test(`presigning: ${name}`, () => {
    const link = presign(request);
    const expected = parseRaw(raw('query-signed-request.txt')).target;
    const parts = (target) => {
      const [path, query] = target.toString('latin1').split('?');
      return [path, new Set(query.split('&'))];
    };
    assert.deepEqual(parts(link), parts(expected));
    assert.ok(link.includes(`X-Amz-Signature=${file('query-signature.txt')}`));
    // A token that is added after signing is a part of the query that is verified; AWS IoT alone skips it.
    if (lateToken) return;
    const check = (now) => {
      const head = { method: request.method, target: link, headers: request.headers, body: request.body };
      return verify(head, () => request.credentials, { now });
    };
    const verified = check(request.now);
    assert.equal(verified.presigned, true);
    assert.equal(verified.expires, request.expires);
    assert.equal(thrown('verify', () => check(request.now.getTime() / 1000 + request.expires + 1)).kind, 'expired');
  });
}

test('faults are reported in AWS\'s order', () => {
  const { setup, cases } = json('verify/error-ordering-header.json');
  assert.equal(cases.length, 22);
  const policy = {
    maxSkew: 900, region: 'us-east-1', service: 'service',
    requireSigned: ['Content-Type'], requireSignedIfPresent: ['Foo', 'ETag'],
  };
  for (const { id, method, target, headers = [], expect } of cases) {
    const options = { now: new Date(setup.now), policy };
    const error = thrown('verify', () => verify({ method, target, headers, body: '' }, () => setup.secret_access_key, options));
    if (expect.code === undefined || expect.code === null) {
      // An absent signed header is a rejection here.
      assert.equal(error.kind, 'signed-header-absent', id);
    } else {
      assert.equal(error.awsCode, expect.code, `${id}: ${error.message}`);
      assert.equal(error.status, expect.code === 'MissingAuthenticationToken' ? 403 : expect.http_status, id);
    }
  }
});

test('missing parts are all named', () => {
  const file = json('verify/components.json');
  const cases = [...file.missing_header_components, ...file.missing_query_components];
  assert.equal(cases.length, 30);
  for (const { id, target = '/', headers = [], expect } of cases) {
    const error = thrown('verify', () => claim({ method: 'GET', target, headers }, { now: 1440938160 }));
    assert.equal(error.awsCode, expect.code, id);
    for (const name of ['Credential', 'Signature', 'SignedHeaders', 'Date']) {
      const missing = expect.missing.some((text) => text.split('-').at(-1) === name || text.includes(`X-Amz-${name}`));
      const said = error.message.includes(`'${name}'`) || error.message.includes(`'X-Amz-${name}'`);
      assert.equal(said, missing, `${id}: ${name}: ${error.message}`);
    }
  }
});

test('the example of the IAM guide', () => {
  const headers = { Host: 'iam.amazonaws.com', 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const request = { method: 'GET', url: '/?Action=ListUsers&Version=2010-05-08', headers, credentials: keys };
  const signed = sign({ ...request, region: 'us-east-1', service: 'iam', now: 1440938160 });
  assert.match(signed.at(-1)[1], /Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7$/);
});
