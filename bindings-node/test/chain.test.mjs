// The published cases of the default chain and of profiles: files and recorded traffic.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { HttpReply, start } from 'awsaccess';
import { VECTORS, json } from './support.mjs';
import { World } from './world.mjs';

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
  return [...all.entries()].sort(([a], [b]) => a - b).map(([, entry]) => entry);
}

for (const folder of ['default', 'profile-provider']) {
  for (const name of readdirSync(`${VECTORS}chain/${folder}`).sort()) {
    const at = `chain/${folder}/${name}/`;
    test(`${folder}: ${name}`, (t) => {
      const expected = json(`${at}test-case.json`).result;
      const recorded = existsSync(`${VECTORS}${at}http-traffic.json`) ? replies(json(`${at}http-traffic.json`)) : [];
      const world = new World({ now: 0, programs: true, http: recorded.map(({ status, headers, body }) => new HttpReply(status, headers, body.join(''))) });
      const file = (path) => `${VECTORS}${at}fs${path}`;
      world.files.get = (path) => (existsSync(file(path)) ? readFileSync(file(path)) : null);
      const env = json(`${at}env.json`);
      // This folder drives the profile alone.
      const profile = folder === 'default' ? {} : { order: ['profile'], profile: env.AWS_PROFILE ?? 'default' };
      const step = world.run(start(env, 0, profile));

      const shown = JSON.stringify([step, ...world.asked]);
      let error;
      try {
        step.result();
      } catch (caught) {
        error = caught;
      }
      if (/not available in this version/.test(error?.message)) return t.skip(error.message);
      if (expected.Ok === undefined) {
        assert.ok(error, 'credentials were given where none were expected');
        assert.notEqual(error.code, 'internal');
        return;
      }
      const found = step.result();
      const { access_key_id: id, secret_access_key: secret, session_token: token, expiry, account_id: account } = expected.Ok;
      assert.deepEqual([found.accessKeyId, found.secretAccessKey, found.sessionToken], [id, secret, token ?? undefined]);
      if (expiry !== undefined && expiry !== null) assert.equal(found.expiresAt.getTime() / 1000, expiry);
      if (account !== undefined && account !== null) assert.equal(found.accountId, account);
      // The order of a query's parts says nothing.
      const line = (method, url) => {
        const address = new URL(url);
        address.searchParams.sort();
        return `${method} ${address.href}`;
      };
      assert.deepEqual(
        world.requests.map(({ method, url }) => line(method, url)),
        recorded.map(({ request: { method, uri } }) => line(method, uri)),
      );
      for (const hidden of [secret, token].filter(Boolean)) assert.ok(hidden.length < 8 || !shown.includes(hidden));
    });
  }
}
