// The published cases of the chain: environment, files and recorded traffic in, credentials or an error out.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { HttpReply, start } from 'awsaccess';
import { VECTORS, json, thrown } from './support.mjs';
import { World, assumed } from './world.mjs';

/** The replies of a recording, in the order of its connections. */
function replies({ events }) {
  const all = new Map();
  for (const { connection_id: id, action } of events) {
    const entry = all.get(id) ?? { status: 0, headers: [], body: [] };
    all.set(id, entry);
    if (action.Request) entry.request = action.Request.request;
    if (action.Response) {
      const reply = action.Response.response.Ok;
      entry.status = reply.status;
      entry.headers = Object.entries(reply.headers ?? {}).flatMap(([name, values]) => values.map((value) => [name, value]));
    }
    if (action.Data?.direction === 'Response') entry.body.push(action.Data.data.Utf8 ?? '');
  }
  return [...all.values()].filter(({ request }) => request !== undefined);
}

/** Their words for a failure, and our kind. */
const FAILURES = {
  'request forbidden: IMDS is disabled': 'denied',
  'the credential provider was not enabled': 'not_configured',
  'could not parse profile file': 'profile',
  'an error occurred while loading credentials: Error retrieving credentials: external process exited with code exit status: 1': 'service',
  'Error retrieving credentials from external process, could not parse response: invalid JSON in response': 'malformed',
  'selected profile will resolve an access token instead of credentials': 'not_configured',
};

/** What is compared of a request; never the body, whose session name differs. */
const COMPARED = ['content-type', 'x-aws-ec2-metadata-token', 'x-aws-ec2-metadata-token-ttl-seconds', 'x-amz-sso_bearer_token'];

function line(method, url, headers) {
  const address = new URL(url);
  address.searchParams.sort();
  return [method, address.href.replace(/\/$/, ''), ...COMPARED.map((name) => headers[name] ?? null)];
}

const FOLDERS = ['default', 'profile-provider'].flatMap((folder) => readdirSync(`${VECTORS}chain/${folder}`).sort().map((name) => [folder, name]));

test('no case is left out', () => assert.equal(FOLDERS.length, 28));

for (const [folder, name] of FOLDERS) {
  const at = `chain/${folder}/${name}/`;
  test(`${folder}: ${name}`, () => {
    const expected = json(`${at}test-case.json`).result;
    const recorded = replies(json(`${at}http-traffic.json`));
    const world = new World({ now: 0, programs: true, http: recorded.map(({ status, headers, body }) => new HttpReply(status, headers, body.join(''))) });
    const file = (path) => `${VECTORS}${at}fs${path.startsWith('/') ? '' : '/'}${path}`;
    world.files.get = (path) => (existsSync(file(path)) ? readFileSync(file(path)) : null);
    const env = json(`${at}env.json`);
    const step = world.run(start(env, 0, folder === 'default' ? {} : { order: ['profile'] }));
    assert.deepEqual(
      world.requests.map(({ method, url, headers }) => line(method, url, Object.fromEntries(headers))),
      recorded.map(({ request: { method, uri, headers } }) => line(method, uri, Object.fromEntries(Object.entries(headers).map(([key, [value]]) => [key, value])))),
    );
    let shown = JSON.stringify([step, ...world.asked]);
    if (expected.ErrorContains !== undefined) {
      const error = thrown(FAILURES[expected.ErrorContains], () => step.result());
      shown += error.report + String(error);
    } else {
      const found = step.result();
      const { access_key_id: id, secret_access_key: secret, session_token: token, expiry, account_id: account } = expected.Ok;
      assert.deepEqual([found.accessKeyId, found.secretAccessKey, found.sessionToken], [id, secret, token ?? undefined]);
      assert.equal(found.expiresAt?.getTime(), expiry === undefined || expiry === null ? undefined : expiry * 1000);
      assert.equal(found.accountId, account ?? undefined);
      shown += JSON.stringify(found);
    }
    // The public name of a key is no secret, and one of theirs ends with one.
    shown = shown.replaceAll('AKIAFAKE', '').replaceAll('ASIARTESTID', '');
    for (const hidden of [env.AWS_SECRET_ACCESS_KEY?.trim(), expected.Ok?.secret_access_key, expected.Ok?.session_token]) {
      if (hidden) assert.ok(!shown.includes(hidden), `${hidden} in ${shown}`);
    }
  });
}

/** Answers with files only; nobody listens at any address. */
function alone(files, step) {
  const world = new World({ now: 0, files });
  return [world.run(step), world.requests];
}

test('the place of a container', () => {
  const { tests } = json('chain/ecs-tests.json');
  assert.equal(tests.length, 11);
  const kinds = {
    'No environment variables were set to configure ECS provider': 'not_configured',
    'URI did not specify a host': 'config',
  };
  for (const { docs, env, result } of tests) {
    const [step, asked] = alone({}, start(env, 0, { order: ['container'] }));
    if (result.Ok !== undefined) {
      assert.equal(asked[0].url, result.Ok, docs);
    } else {
      thrown(kinds[result.ErrorContains], () => step.result());
      assert.equal(asked.length, 0, docs);
    }
  }
});

test('the place of instance metadata', () => {
  const { tests } = json('chain/imds-endpoint-tests.json');
  assert.equal(tests.length, 14);
  for (const { docs, env, fs, result, endpoint_override: imdsEndpoint, mode_override: mode } of tests) {
    const [step, asked] = alone(fs, start({ HOME: '/h', ...env }, 0, { order: ['imds'], imdsEndpoint, imdsMode: mode?.toLowerCase() }));
    if (result.Ok !== undefined) {
      assert.equal(asked[0].url, result.Ok, docs);
    } else {
      thrown('config', () => step.result());
      assert.equal(asked.length, 0, docs);
    }
  }
});

test('the clock is set right', () => {
  const { tests } = json('chain/clock-skew-tests.json');
  assert.equal(tests.length, 10);
  const options = {
    region: 'eu-west-1', credentials: { accessKeyId: 'AKID', secretAccessKey: 's3cr3t-k' }, assume: ['arn:aws:iam::111122223333:role/r'],
  };
  for (const { description, operations } of tests) {
    for (const { attempts, initialClientSkew: clockOffset, expectedClientSkew, expectedOutcome } of operations) {
      const at = new Date(attempts[0].clientTimeAtSend);
      let step = start({ HOME: '/h' }, at, { ...options, clockOffset });
      while (step.kind === 'readFile') step = step.answer(at, null);
      for (const { expectedSigningTime, clientTimeAtReceive, response } of attempts) {
        assert.equal(step.kind, 'http', description);
        assert.equal(Object.fromEntries(step.headers)['x-amz-date'], expectedSigningTime.replaceAll(/[-:]/g, ''), description);
        const body = response.errorCode === undefined ? assumed('ASIAROLE').body : `<ErrorResponse><Error><Code>${response.errorCode}</Code></Error></ErrorResponse>`;
        step = step.answer(new Date(clientTimeAtReceive), new HttpReply(response.statusCode, response.headers, body));
      }
      if (expectedOutcome === 'success') {
        assert.equal(step.result().accessKeyId, 'ASIAROLE');
        assert.equal(Math.trunc(step.clockOffset), expectedClientSkew, description);
      } else if (step.done) {
        assert.throws(() => step.result(), description);
      } else {
        // Their budget is empty after one attempt; ours has the one that the right clock is for.
        assert.match(description, /no retry budget/);
      }
    }
  }
});
