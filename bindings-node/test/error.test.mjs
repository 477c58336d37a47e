// One table of failures, the same in every language; and secrets that nothing shows.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  AwsAccessError, Credentials, HttpReply, ListenReply, ProcessReply, Redactor, claim, errorCodes, findSecret, parseProfiles, plan, presign,
  resolve, sign, start, verify,
} from 'awsaccess';
import { thrown } from './support.mjs';
import { NOW, World, assumed, imds } from './world.mjs';

const native = createRequire(import.meta.url)('../awsaccess.node');

test('every kind of error has its code, its number and its type', () => {
  const kinds = JSON.parse(native.errorKinds());
  assert.deepEqual(Object.entries(errorCodes), kinds);
  const types = readFileSync(new URL('../types/error.d.ts', import.meta.url), 'utf8');
  const union = /type ErrorCode =([^;]*);/.exec(types)[1];
  assert.deepEqual([...union.matchAll(/'(\w+)'/g)].map(([, name]) => name), kinds.map(([name]) => name));
});

test('an error names itself', () => {
  const error = thrown('input', () => sign(null));
  assert.ok(error instanceof AwsAccessError && error instanceof Error);
  assert.match(String(error), /^AwsAccessError: the request is not an object$/);
  assert.ok(!error.message.includes('\n'));
});

const SECRET = 'sEcReT/that+nobody/may+see/0123456789abc';
const TOKEN = 'tOkEn//that+nobody/may+see/0123456789abcdef==';
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken: TOKEN };

/** Everything that a program may do to print a value. */
function prints(value) {
  const texts = [
    inspect(value), inspect(value, { showHidden: true, depth: 9, getters: true }), String(value), JSON.stringify(value) ?? '',
    inspect([value]), JSON.stringify({ value }), inspect(Object.getOwnPropertyDescriptors(Object(value)), { depth: 0 }),
  ];
  return texts.join('\n');
}

function hidden(what, value) {
  const text = prints(value);
  for (const secret of [SECRET, TOKEN]) assert.equal(findSecret(text, secret), undefined, `${what}: ${text}`);
}

test('no object that carries a secret shows it', () => {
  const credentials = new Credentials({ ...keys, expiresAt: 1900000000, accountId: '111122223333', source: 'test' });
  assert.match(inspect(credentials), /AKIDEXAMPLE/);
  assert.deepEqual([credentials.secretAccessKey, credentials.sessionToken], [SECRET, TOKEN]);
  hidden('credentials', credentials);

  const request = { method: 'POST', target: '/', body: '' };
  const headers = sign({ ...request, url: '/', headers: { host: 'h' }, credentials, region: 'r', service: 's', now: NOW });
  const c = claim({ ...request, headers }, { now: NOW });
  hidden('claim', c);
  const verified = verify({ ...request, headers }, () => credentials, { now: NOW });
  hidden('verified', verified);
  verified.resign(credentials, { now: NOW });
  hidden('body', verified.bodyResigner(credentials));
  hidden('redactor', new Redactor().learn(credentials));
  hidden('stream', new Redactor().learn(credentials).stream());
  hidden('reply', new HttpReply(200, [['x', TOKEN]], SECRET));
  hidden('process', new ProcessReply(0, SECRET, TOKEN));
  hidden('redirect', new ListenReply(80, `code=${TOKEN}`));
  hidden('profiles', parseProfiles(`[profile ${'p'}]\naws_secret_access_key = ${SECRET}\n`));
  hidden('plan', plan({}, { config: `[default]\naws_access_key_id = A\naws_secret_access_key = ${SECRET}\naws_session_token = ${TOKEN}` }));
});

test('no step shows what it carries', () => {
  const document = JSON.stringify({ Code: 'Success', AccessKeyId: 'ASIA', SecretAccessKey: SECRET, Token: TOKEN, Expiration: '2099-01-01T00:00:00Z' });
  const metadata = [new HttpReply(200, { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }, TOKEN), new HttpReply(200, [], 'r'), new HttpReply(200, [], document)];
  const role = { roleArn: 'arn:aws:iam::111122223333:role/r', externalId: 'x-external', region: 'us-east-1' };
  const world = new World({ http: [...metadata, assumed('ASIAONE')] });
  const first = start({ UNRELATED: SECRET }, NOW, { order: ['imds'], assume: [role] });
  const last = world.run(first);
  assert.equal(last.result().accessKeyId, 'ASIAONE');
  assert.ok(world.requests.some(({ headers }) => headers.some(([, value]) => value === TOKEN)));
  for (const step of [...world.asked, last]) {
    hidden(step.kind, step);
    assert.ok(!prints(step).includes('secret-of-') && !prints(step).includes('token-of-') && !prints(step).includes('x-external'));
  }
  assert.match(inspect(world.requests[0]), /api\/token/);
});

test('no error shows what it met', async () => {
  const bad = [
    () => sign({ method: 'GET', url: '/', headers: { host: 'h' }, credentials: { ...keys, sessionToken: `${TOKEN}\n` }, region: 'r', service: 's' }),
    () => sign({ method: 'GET', url: '/', headers: { host: 'h', 'x-a': `${SECRET}\r\n` }, credentials: keys, region: 'r', service: 's' }),
    () => sign({ method: 'GET', url: '/', headers: { host: 'h', 'x-a': `${SECRET}\u0100` }, credentials: keys, region: 'r', service: 's' }),
    () => presign({ method: 'GET', url: '/?X-Amz-Signature=1', expires: 60, headers: { host: 'h' }, credentials: keys, region: 'r', service: 's' }),
    () => verify({ method: 'GET', target: '/', headers: sign({ method: 'GET', url: '/', headers: { host: 'h' }, credentials: keys, region: 'r', service: 's' }) }, () => [SECRET, `${TOKEN}x`]),
    () => start({ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: `${SECRET} x` }, NOW).result(),
    () => start({ AWS_SECRET_ACCESS_KEY: SECRET }, NOW).result(),
    () => new Redactor().learn(SECRET.slice(0, 7)),
    () => parseProfiles(`${SECRET}\n`),
    () => plan({}, { config: `[default]\naws_secret_access_key = ${SECRET}` }),
    () => new World({ http: [imds()[0], new HttpReply(500, [], SECRET)] }).run(start({}, NOW, { order: ['imds'] })).result(),
    () => new World({ http: [new HttpReply(403, [], `<Error><Code>X</Code><Message>${SECRET}`)] }).run(start({ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: SECRET }, NOW, { assume: ['arn:aws:iam::111122223333:role/r'], region: 'us-east-1' })).result(),
  ];
  for (const work of bad) {
    assert.throws(work, (error) => {
      assert.ok(error instanceof AwsAccessError, error.stack);
      hidden(String(work), error);
      return !error.message.includes('\n');
    }, String(work));
  }
  await assert.rejects(resolve({ env: { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: `${SECRET} x` } }), (error) => {
    hidden('resolve', error);
    return true;
  });
});

test('native code that is given nonsense throws, and does not crash', () => {
  for (const [name, entry] of Object.entries(native)) {
    for (const args of [[], [null], ['x'], [{}, {}, {}, {}, {}, {}], ['x', -1, new Uint8Array(3), null, NaN], [5, 5, 5, 5, 5, 5, 5]]) {
      let result;
      try {
        result = entry(...args);
      } catch (error) {
        assert.ok(error instanceof Error, name);
        continue;
      }
      assert.notEqual(result, undefined, name);
    }
  }
  const other = native.redactor(false, false, false, new Uint8Array(0));
  assert.throws(() => native.bodyPush(other, new Uint8Array(1)));
  assert.throws(() => native.question(other));
});
