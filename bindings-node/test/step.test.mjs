// The step loop, with a host that is simulated.
import test from 'node:test';
import assert from 'node:assert/strict';
import { FileFailure, HttpFailure, HttpReply, ProcessReply, start, verify } from 'awsaccess';
import { thrown } from './support.mjs';
import { NOW, World, assumed, imds } from './world.mjs';

const ONE = 'arn:aws:iam::111122223333:role/one';
const TWO = 'arn:aws:iam::444455556666:role/two';

test('the environment asks nothing', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token', EMPTY: undefined };
  const step = start(env, NOW);
  assert.equal(step.done, true);
  const found = step.result();
  assert.deepEqual([found.accessKeyId, found.secretAccessKey, found.sessionToken, found.source], ['AKID', 'secret', 'token', 'environment']);
  assert.deepEqual(step.trace.map(({ source, outcome }) => [source, outcome]), [['code', 'not_configured'], ['environment', 'ok']]);
  assert.equal(step.decline(NOW), step);
  thrown('used', () => step.answer(NOW, null));
});

test('files are read where the environment says they are', () => {
  const world = new World({ files: { '/home/me/.aws/credentials': '[default]\naws_access_key_id = AKID\naws_secret_access_key = hush\n' } });
  const step = world.run(start({ HOME: '/home/me' }, NOW));
  assert.deepEqual(world.asked.map(({ kind, path }) => [kind, path]), [
    ['readFile', '/home/me/.aws/config'],
    ['readFile', '/home/me/.aws/credentials'],
  ]);
  assert.equal(step.result().accessKeyId, 'AKID');
});

test('instance metadata, then two roles, the second with an external id', () => {
  const world = new World({ http: [...imds(), assumed('ASIAONE'), assumed('ASIATWO', '444455556666')] });
  const options = { region: 'eu-west-1', assume: [ONE, { roleArn: TWO, externalId: 'x-1-external', sessionName: 'ana', duration: 900 }] };
  const step = world.run(start({}, NOW, options));
  const found = step.result();
  assert.deepEqual([found.accessKeyId, found.source], ['ASIATWO', 'assume-role']);
  assert.equal(found.expiresAt.toISOString(), '2027-01-15T09:00:00.000Z');
  assert.deepEqual(step.trace.map(({ source, outcome }) => `${source} ${outcome}`).slice(-3), ['imds ok', 'assume-role ok', 'assume-role ok']);

  const [token, role, document, first, second] = world.requests;
  assert.deepEqual([token.method, token.direct, token.url], ['PUT', true, 'http://169.254.169.254/latest/api/token']);
  assert.equal(Object.fromEntries(role.headers)['x-aws-ec2-metadata-token'], 'imds-session-token');
  assert.ok(document.url.endsWith('/security-credentials/gateway'));
  assert.equal(first.direct, false);
  const form = new URLSearchParams(second.body.toString());
  assert.deepEqual([form.get('RoleArn'), form.get('ExternalId'), form.get('RoleSessionName'), form.get('DurationSeconds')], [TWO, 'x-1-external', 'ana', '900']);

  // Each is signed with what the one before gave.
  for (const [request, id, secret, sent] of [
    [first, 'ASIAROLE', 'imds-secret-imds-secret', 'imds-token-imds-token'],
    [second, 'ASIAONE', 'secret-of-ASIAONE', 'token-of-ASIAONE'],
  ]) {
    const head = { method: request.method, target: request.url, headers: request.headers, body: request.body };
    assert.equal(verify(head, () => [secret, sent], { now: NOW }).accessKeyId, id);
  }
});

test('a profile chain asks for the code of its device', () => {
  const config = `[profile base]\naws_access_key_id = AKID\naws_secret_access_key = hush\n[profile p]\nrole_arn = ${ONE}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n`;
  const world = new World({ files: { '/c': config }, http: [assumed('ASIAONE')], code: '123456' });
  const env = { AWS_CONFIG_FILE: '/c', AWS_SHARED_CREDENTIALS_FILE: '/none' };
  assert.equal(world.run(start(env, NOW, { profile: 'p' })).result().accessKeyId, 'ASIAONE');
  const prompt = world.asked.find(({ kind }) => kind === 'prompt');
  assert.deepEqual([prompt.prompt, prompt.serial], ['mfa', 'arn:aws:iam::111122223333:mfa/me']);
  assert.equal(new URLSearchParams(world.requests[0].body.toString()).get('TokenCode'), '123456');

  const nobody = new World({ files: { '/c': config } }).run(start(env, NOW, { profile: 'p' }));
  assert.ok(['mfa', 'declined'].includes(codeOf(nobody)), codeOf(nobody));
});

function codeOf(step) {
  try {
    step.result();
  } catch (error) {
    return error.code;
  }
  return undefined;
}

test('a host that does nothing gets a clear error, never a hang', () => {
  let step = start({}, NOW);
  for (let turns = 0; !step.done; turns++) {
    assert.ok(turns < 250);
    step = step.decline(NOW);
  }
  const error = thrown('not_configured', () => step.result());
  assert.ok(error.attempts.length > 0 && error.attempts.every(({ source, outcome, reason }) => source && outcome && reason));
});

test('a step answers once', () => {
  const step = start({ HOME: '/h' }, NOW);
  const next = step.answer(NOW, null);
  for (const again of [() => step.answer(NOW, null), () => step.decline(NOW)]) thrown('used', again);
  assert.equal(next.answer(NOW, null).done, false);
});

test('a wrong kind of answer leaves the step answerable', () => {
  const step = start({ HOME: '/h' }, NOW);
  for (const reply of [true, 5, { status: 200 }, new HttpReply(200), new ProcessReply(0), ['a']]) {
    thrown('wrong_answer', () => step.answer(NOW, reply));
  }
  thrown('input', () => step.answer(NOW, new Error('x')));
  thrown('input', () => step.answer(1800000000000, null));
  thrown('wrong_answer', () => step.result());
  const next = step.answer(NOW, null).answer(NOW, null);
  assert.equal(next.kind, 'http');
  for (const reply of [null, 'text', true, { code: 0 }, undefined]) thrown('wrong_answer', () => next.answer(NOW, reply));
  for (const reply of [{ status: 99 }, { status: 70000 }, { status: 200.5 }]) thrown('input', () => next.answer(NOW, reply));
  assert.equal(next.answer(NOW, { failure: 'refused' }).done, true);
});

test('failures are told, each in its own way', () => {
  const keys = '[default]\naws_access_key_id = AKID\naws_secret_access_key = hush\n';
  const unreadable = start({ HOME: '/h' }, NOW).answer(NOW, new FileFailure('permission denied'));
  const files = new World({ files: { '/h/.aws/credentials': keys } }).run(unreadable);
  assert.match(files.warnings.join(), /permission denied/);

  const env = { AWS_CONFIG_FILE: '/c', AWS_SHARED_CREDENTIALS_FILE: '/none' };
  const closed = new World().run(start(env, NOW, { order: ['imds'] }));
  assert.ok(thrown('unreachable', () => closed.result()).retryable);

  const late = new World({ http: [imds()[0], ...Array(20).fill(new HttpFailure('timeout', 'no answer'))] });
  const step = late.run(start(env, NOW, { order: ['imds'] }));
  assert.ok(thrown('timeout', () => step.result()).retryable);

  const denied = new World({ http: [new HttpReply(403, [], '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>')] });
  const variables = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
  const refused = denied.run(start(variables, NOW, { assume: [ONE], region: 'us-east-1' }));
  const error = thrown('denied', () => refused.result());
  assert.equal(error.awsCode, 'AccessDenied');
  assert.deepEqual(error.attempts.at(-1).outcome, 'failed');
});

test('options are checked', () => {
  const wrong = [
    { profil: 'x' }, { profile: 5 }, { order: ['mars'] }, { order: 'imds' }, { assume: ONE }, { assume: [{ arn: ONE }] },
    { assume: [{ roleArn: ONE, duration: '900' }] }, { seed: 'short' }, { credentials: {} },
  ];
  for (const options of wrong) thrown('input', () => start({}, NOW, options));
  thrown('input', () => start({ A: 1 }, NOW));
  thrown('input', () => start(null, NOW));
});

test('the same seed asks the same', () => {
  const waits = (seed) => {
    const world = new World({ http: [...imds().slice(0, 1), ...Array(4).fill(new HttpReply(500))] });
    world.run(start({}, NOW, { seed, order: ['imds'] }));
    return world.asked.filter(({ kind }) => kind === 'wait').map(({ seconds }) => seconds);
  };
  assert.ok(waits(Buffer.alloc(32, 1)).length > 0);
  assert.deepEqual(waits(Buffer.alloc(32, 1)), waits(Buffer.alloc(32, 1)));
  assert.notDeepEqual(waits(Buffer.alloc(32, 1)), waits(Buffer.alloc(32, 2)));
});
