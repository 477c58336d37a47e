// When a source is asked again: the published cases, and tasks that share a provider.
import test from 'node:test';
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { AwsAccessError, Cached, Credentials, Provider } from 'awsaccess';
import { json, thrown } from './support.mjs';

const START = 1_800_000_000;
const keys = (accessKeyId, end) => new Credentials({ accessKeyId, secretAccessKey: 's3cr3t-k', expiresAt: end, source: 'imds' });
const outage = () => new AwsAccessError('unreachable', 'nobody answers', { retryable: true });
const refusal = () => new AwsAccessError('denied', 'no', { awsCode: 'AccessDenied' });

/** One caller after another, as the published cases have it: the one that has to ask waits for the answer. */
class Caller {
  constructor({ cachedCredentials, accessKeyId = 'CACHED', configuredAdvisoryWindowSeconds: window, refreshBackoffSeconds: backoff }) {
    this.cached = fresh(window, backoff);
    this.now = START;
    const passed = { valid: 0, advisory: 3600 - 600, mandatory: 3600 - 30, expired: 3600 + 30 };
    if (cachedCredentials === 'none') return;
    this.call(() => keys(accessKeyId, this.now + 3600));
    this.now = START + passed[cachedCredentials];
  }

  call(source) {
    const { kind, credentials, error } = this.cached.decide(this.now);
    this.contacted = kind === 'refresh_now' || kind === 'refresh_in_background';
    if (kind === 'use') return credentials;
    if (kind === 'fail') throw error;
    assert.ok(this.contacted, kind);
    this.cached.settle(this.now, source());
    return this.cached.serve(this.now);
  }
}

/** With the backoff of the case, to the second: a seed is looked for whose second draw gives it. */
function fresh(advisoryWindow, backoff) {
  for (let n = 0; ; n++) {
    const seed = Buffer.alloc(32);
    seed.writeUInt32BE(n);
    const cached = new Cached({ advisoryWindow, jitter: 0, seed });
    if (backoff === undefined) return cached;
    const trial = new Cached({ jitter: 0, seed });
    trial.settle(START, keys('TRIAL', START + 3600));
    trial.settle(START + 3000, outage());
    const ends = START + 3000 + backoff;
    if (trial.isBackingOff(ends - 1) && !trial.isBackingOff(ends + 1)) return cached;
  }
}

const RESPONSES = {
  freshCredentials: (now, lifetime) => keys('FRESH', now + lifetime),
  staleCredentials: (now) => keys('STALE', now),
  error: outage,
  nonRecoverableError: refusal,
};

const CASES = json('chain/credential-refresh-tests.json');

test('no case is left out', () => assert.equal(CASES.length, 24));

for (const { documentation, given, steps } of CASES) {
  test(documentation, () => {
    const caller = new Caller(given);
    for (const step of steps) {
      if (step.type === 'advanceTime') {
        caller.now += step.seconds;
        continue;
      }
      const before = caller.cached.credentials;
      if (step.type === 'invalidate') {
        assert.equal(caller.cached.invalidate(caller.now, step.rejectedAccessKeyId), before.accessKeyId === step.rejectedAccessKeyId);
        continue;
      }
      const { expected, response, lifetimeSeconds: lifetime = 3600 } = step;
      const aging = caller.cached.advisoryAt !== undefined && caller.cached.advisoryAt.getTime() <= caller.now * 1000;
      const limited = caller.cached.isBackingOff(caller.now);
      const work = () => caller.call(() => RESPONSES[response](caller.now, lifetime));
      if (expected.result === 'noCredentialsError') assert.ok(thrown('unreachable', work).retryable);
      else if (expected.result === 'nonRecoverableError') assert.equal(thrown('denied', work).awsCode, 'AccessDenied');
      else assert.equal(work().accessKeyId, expected.result === 'newCredentials' ? 'FRESH' : before.accessKeyId);
      assert.equal(caller.contacted, expected.sourceContacted);
      assert.equal(limited && aging && !caller.contacted, expected.rateLimited);
      if (expected.advisoryWindowSeconds !== undefined) {
        assert.equal(caller.cached.advisoryAt.getTime() / 1000, caller.now + lifetime - expected.advisoryWindowSeconds);
      }
    }
  });
}

test('one asks and the others wait', () => {
  const cached = new Cached({ jitter: 0, longestRefresh: 300, seed: new Uint8Array(32) });
  assert.deepEqual({ ...cached.decide(START) }, { kind: 'refresh_now', credentials: undefined, until: undefined, error: undefined });
  for (let n = 0; n < 1000; n++) assert.equal(cached.decide(START).until.getTime() / 1000, START + 300);
  cached.abandon();
  assert.equal(cached.decide(START).kind, 'refresh_now');
  thrown('not_configured', () => cached.serve(START));
  cached.settle(START, keys('A', START + 3600));
  assert.equal(cached.decide(START + 3000).kind, 'refresh_in_background');
  assert.equal(cached.decide(START + 3000).credentials.accessKeyId, 'A');
  assert.equal(cached.settle(START + 3000, outage()).accessKeyId, 'A');
  assert.equal(cached.lastFailure.code, 'unreachable');
  assert.ok(cached.isBackingOff(START + 3001));
  assert.ok(!inspect([cached, cached.decide(START + 3001), cached.lastFailure], { showHidden: true, depth: 9 }).includes('s3cr3t'));
});

test('what is no answer of a source, and no setting', () => {
  const cached = new Cached();
  for (const wrong of [null, undefined, 'secret', new Error('no'), 5]) thrown('input', () => cached.settle(START, wrong));
  for (const how of [{ jitter: 2 }, { seed: 'short' }, { advisoryWindow: -1 }, { serveExpired: 'no' }, { windows: 1 }]) thrown('input', () => new Cached(how));
  thrown('input', () => cached.decide(START, '5'));
  const attempts = [{ source: 'imds', outcome: 'failed', reason: 'it is off', took: 0 }];
  const error = thrown('denied', () => cached.settle(START, new AwsAccessError('denied', 'no', { attempts })));
  assert.deepEqual(error.attempts, attempts);
  assert.match(error.report, /^no\n {2}imds +failed +it is off$/);
});

test('a thousand tasks cause one request', async () => {
  let asked = 0;
  let answer;
  const provider = new Provider(() => {
    asked++;
    return new Promise((resolve) => (answer = resolve));
  });
  const all = Array.from({ length: 1000 }, () => provider.get());
  await Promise.resolve();
  answer({ accessKeyId: 'AKID', secretAccessKey: 's3cr3t-k' });
  const found = await Promise.all(all);
  assert.deepEqual([asked, new Set(found.map(({ accessKeyId }) => accessKeyId))], [1, new Set(['AKID'])]);
  assert.deepEqual([provider.invalidate('AKID'), provider.invalidate('AKIDOTHER')], [true, false]);
  const again = provider.get();
  await Promise.resolve();
  answer({ accessKeyId: 'AKIDNEXT', secretAccessKey: 's3cr3t-k' });
  assert.equal((await again).accessKeyId, 'AKIDNEXT');
});

test('a source that fails is told, and holds nobody up', async () => {
  const answers = [new TypeError('a fault of the source'), 'nothing of the kind', refusal()];
  const provider = new Provider(() => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  await assert.rejects(provider.get(), TypeError);
  await assert.rejects(provider.get(), { code: 'input' });
  await assert.rejects(provider.get(), { code: 'denied' });
  // A refusal is told again for a moment, and the source is left alone.
  await assert.rejects(provider.get(), { code: 'denied' });
  assert.equal(answers.length, 0);
  thrown('input', () => new Provider('ask'));
});
