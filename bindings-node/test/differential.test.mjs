// Thousands of generated requests, signed by us and by the signer of AWS's SDK for JavaScript.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { presign, sign, verify } from 'awsaccess';
import { generator, keys } from './support.mjs';

const CASES = 3000;

/**
 * Where the SDK's signer and ours are known to differ, and why neither is wrong. The generator avoids each, so that
 * every other difference fails.
 *
 * - It never signs `cache-control`, `from`, `max-forwards`, `pragma`, `referer`, `proxy-*` and `sec-*`; we sign what is
 *   sent but for what hops change. Both verify: the list of signed headers says what was signed.
 * - It takes query and path decoded, and encodes them itself; we take them as they are on the wire. The generator
 *   makes the decoded form and sends its encoding.
 * - It normalises the path by a rule of its own where dot segments climb above the root; we follow AWS's suite.
 * - Presigning, it moves every `x-amz-*` header into the query; we leave it where it is.
 * - Presigning for S3, we say in the query which hash was signed; it does so only where a header said it.
 * - It reads header values as UTF-8; we send and sign one byte a character. ASCII is where both agree.
 */
const NAMES = ['accept', 'content-type', 'content-md5', 'range', 'x-amz-meta-a', 'x-amz-target', 'X-Custom', 'if-match', 'x-amz-acl'];

const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function generate(random) {
  const service = random.pick(['s3', 'dynamodb', 'sts', 'execute-api', 'iam']);
  const segments = Array.from({ length: random.below(4) }, () => random.text([..."abcXYZ019-_.~ é+=:,@&$!*()'%ሴ"], 6));
  const kept = segments.filter((segment) => service === 's3' || (segment !== '' && segment !== '.' && segment !== '..'));
  const query = {};
  for (let n = random.below(4); n > 0; n--) {
    const name = random.text([...'abZ09-_.~ é+=/%'], 5) || 'q';
    const values = Array.from({ length: 1 + random.below(2) }, () => random.text([...'xyz ,/?:=&+%é~'], 5));
    query[name] = values.length === 1 ? values[0] : values;
  }
  const headers = {};
  for (let n = random.below(5); n > 0; n--) {
    headers[random.pick(NAMES)] = random.text([...'abc ,;="/-  '], 12);
  }
  const token = random.below(3) === 0 ? random.text([...'ABCdef/+='], 60) || 'T' : undefined;
  return {
    service,
    region: random.pick(['us-east-1', 'eu-central-2', 'cn-north-1']),
    method: random.pick(['GET', 'PUT', 'POST', 'DELETE', 'HEAD']),
    // What an SDK hands its signer is encoded once.
    path: `/${kept.map(encode).join('/')}`,
    query,
    headers,
    body: random.text([...'{}"abc é\n'], 40),
    credentials: { ...keys, ...(token && { sessionToken: token }) },
    now: new Date(1.4e12 + random.below(5e8) * 1000),
  };
}

/** The query as the SDK's request handler sends it. */
function queryText(query) {
  const pairs = Object.keys(query).sort().flatMap((name) => [query[name]].flat().map((value) => `${encode(name)}=${encode(value)}`));
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

const hostname = 'service.example.com';

function theirs(of) {
  const signer = new SignatureV4({
    credentials: of.credentials, region: of.region, service: of.service, sha256: Sha256,
    uriEscapePath: of.service !== 's3', applyChecksum: of.service === 's3',
  });
  const request = {
    method: of.method, protocol: 'https:', hostname, path: of.path, query: of.query, body: of.body,
    headers: { host: hostname, ...of.headers },
  };
  return { signer, request };
}

test(`${CASES} requests are signed alike`, async () => {
  const random = generator(20150830);
  for (let at = 0; at < CASES; at++) {
    const of = generate(random);
    const { signer, request } = theirs(of);
    const expected = await signer.sign(request, { signingDate: of.now });
    const headers = { host: hostname, ...of.headers };
    const ours = sign({ ...of, url: of.path + queryText(of.query), headers });
    const found = Object.fromEntries(ours.map(([name, value]) => [name.toLowerCase(), value]));
    assert.equal(found.authorization, expected.headers.authorization, `${at}: ${JSON.stringify(of)}`);

    // And what they sign, we verify.
    const head = { method: of.method, target: of.path + queryText(of.query), headers: expected.headers, body: of.body };
    assert.equal(verify(head, () => of.credentials, { now: of.now }).region, of.region);
  }
});

test(`${CASES} links are signed alike`, async () => {
  const random = generator(20260101);
  for (let at = 0; at < CASES; at++) {
    const of = generate(random);
    for (const name of Object.keys(of.headers)) if (name.startsWith('x-amz-')) delete of.headers[name];
    const { signer, request } = theirs(of);
    const expires = 1 + random.below(604800);
    // For S3 ours says in the query which hash it signed; theirs does if the header is there to be moved.
    if (of.service === 's3') request.headers['X-Amz-Content-Sha256'] = createHash('sha256').update(of.body).digest('hex');
    const expected = await signer.presign(request, { signingDate: of.now, expiresIn: expires });
    const sent = { ...of, headers: { host: hostname, ...of.headers }, url: of.path + queryText(of.query), expires };
    const link = presign(sent);
    const signature = /X-Amz-Signature=([0-9a-f]{64})/.exec(link)[1];
    assert.equal(signature, expected.query['X-Amz-Signature'], `${at}: ${link}`);
  }
});
