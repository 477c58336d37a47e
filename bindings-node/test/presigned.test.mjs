// What was signed offline: recognised, proven, and signed again to what its generator makes with the real key.
import test from 'node:test';
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { recognizePresign } from 'awsaccess';
import { json, thrown } from './support.mjs';

const CASES = json('presigned/cases.json');
const credentials = ([accessKeyId, secretAccessKey, sessionToken]) => ({ accessKeyId, secretAccessKey, sessionToken });

test('no case is left out', () => assert.equal(CASES.length, 40));

for (const [at, one] of CASES.entries()) {
  test(`${at}: ${one.kind}`, () => {
    const found = recognizePresign(one.text, one.headers);
    assert.deepEqual([found.kind, found.service, found.region, found.resource ?? null], [one.kind, one.service, one.region, one.resource]);
    assert.deepEqual([found.accessKeyId, found.missingHeaders], [one.placeholder[0], []]);
    const now = found.signedAt;
    const proven = found.verify(credentials(one.placeholder), { now });
    const out = proven.resign(credentials(one.real), { now });
    assert.equal(out.text.trim(), one.resigned.trim());
    assert.deepEqual([out.limitedBy, out.expiresAt, out.lifetime], ['asked', found.expiresAt, (found.expiresAt - now) / 1000]);
    for (const shown of [found, proven, out]) {
      for (const text of [inspect(shown, { showHidden: false, depth: 9 }), JSON.stringify(shown)]) {
        assert.ok(!text.includes(one.placeholder[1]) && !text.includes(one.text.trim()) && !text.includes(one.resigned.trim()));
      }
    }
    const raw = recognizePresign(Buffer.from(one.text), one.headers).verify(credentials(one.placeholder), { now }).resign(credentials(one.real), { now });
    assert.deepEqual(raw.text, Buffer.from(out.text));
    // The least of what is asked for, the credentials and the policy.
    if (out.lifetime > 60) {
      const short = proven.resign(credentials(one.real), { now, longest: 60 });
      assert.deepEqual([short.limitedBy, short.lifetime], ['policy', 60]);
      const ending = { ...credentials(one.real), expiresAt: new Date(now.getTime() + 30_000) };
      assert.deepEqual([proven.resign(ending, { now, longest: 60 }).limitedBy], ['credentials']);
    }
  });
}

test('only what it is', () => {
  for (const text of ['', 'https://example.com/', 'k8s-aws-v1.', 'hello', Buffer.from([0xff, 0xfe])]) assert.equal(recognizePresign(text), undefined);
  for (const wrong of [5, null, undefined]) thrown('input', () => recognizePresign(wrong));
});

for (const kind of ['s3', 'rds-token', 'codecommit']) {
  test(`what is refused: ${kind}`, () => {
    const one = CASES.find((one) => one.kind === kind);
    const found = recognizePresign(one.text, one.headers);
    const code = kind === 's3' ? 'InvalidAccessKeyId' : 'InvalidClientTokenId';
    const [at, end] = [found.signedAt.getTime() / 1000, found.expiresAt.getTime() / 1000];
    const keys = credentials(one.placeholder);
    for (const [key, now, policy, expected, awsCode] of [
      [credentials(one.real), at, undefined, 'signature-mismatch', 'SignatureDoesNotMatch'],
      [undefined, at, undefined, 'unknown-key', code],
      [null, at, { uniformErrors: true }, 'signature-mismatch', 'SignatureDoesNotMatch'],
      [undefined, end + 1, undefined, 'expired'],
      [keys, end + 1, undefined, 'expired'],
      [keys, at - 3600, undefined, 'not-yet-valid'],
    ]) {
      const error = thrown('verify', () => found.verify(key, { now, policy }));
      assert.equal(error.kind, expected);
      if (awsCode !== undefined) assert.deepEqual([error.awsCode, error.status], [awsCode, 403]);
    }
    assert.equal(thrown('resign', () => found.verify(keys, { now: end }).resign(credentials(one.real), { now: end })).message.includes('expire'), true);
  });
}

test('a header that is signed and not in the text', () => {
  const one = CASES.find(({ kind }) => kind === 'eks-token');
  const found = recognizePresign(one.text);
  assert.deepEqual([found.missingHeaders, found.resource], [['x-k8s-aws-id'], undefined]);
  assert.equal(thrown('verify', () => found.verify(credentials(one.placeholder), { now: found.signedAt })).kind, 'signed-header-absent');
});
