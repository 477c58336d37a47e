// Resolution for real: files, sockets and programs of this machine, in a home of its own.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFailure, resolve, resolveSync, run } from 'awsaccess';
import { serve } from './server.mjs';

const require = createRequire(import.meta.url);
const file = require('../lib/file.cjs');
const program = require('../lib/process.cjs');
const { proxyFor } = require('../lib/proxy.cjs');
const { send } = require('../lib/http.cjs');

let home;
let server;

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'awsaccess-'));
  mkdirSync(join(home, '.aws'));
  server = await serve();
  const role = (name, more) => `[profile ${name}]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\nregion = us-east-1\n${more}`;
  writeFileSync(join(home, '.aws', 'config'), role('role', '') + role('mfa', 'mfa_serial = arn:aws:iam::111122223333:mfa/me\n'));
  writeFileSync(join(home, '.aws', 'credentials'), '[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = hush\n[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = hush\n');
});

after(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

/** Both ways to resolve, which must agree. */
async function both(options) {
  const found = await resolve(options);
  const again = resolveSync(options);
  assert.deepEqual([again.accessKeyId, again.source, again.expiresAt], [found.accessKeyId, found.source, found.expiresAt]);
  return found;
}

async function bothFail(options, expected) {
  await assert.rejects(resolve(options), expected);
  assert.throws(() => resolveSync(options), expected);
}

test('a profile of the home directory', async () => {
  const found = await both({ env: { HOME: home } });
  assert.deepEqual([found.accessKeyId, found.source], ['AKIDDEFAULT', 'profile']);
  assert.equal((await both({ env: {}, home, profile: 'base' })).accessKeyId, 'AKIDBASE');
  await bothFail({ env: { HOME: home }, profile: 'nobody' }, { code: 'config', message: /nobody/ });
});

test('the environment of this process is the default', async () => {
  const kept = { ...process.env };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDPROCESS', AWS_SECRET_ACCESS_KEY: 'hush' });
  try {
    assert.equal((await both({})).accessKeyId, 'AKIDPROCESS');
    assert.equal(resolveSync().accessKeyId, 'AKIDPROCESS');
  } finally {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    Object.assign(process.env, kept);
  }
});

test('a role, over HTTP', async () => {
  const found = await both({ env: { HOME: home }, profile: 'role', stsEndpoint: server.url });
  assert.deepEqual([found.accessKeyId, found.expiresAt.toISOString()], ['ASIAASSUMED', '2099-01-01T00:00:00.000Z']);
  const [first, second] = await server.seen();
  for (const { method, body, rawHeaders } of [first, second]) {
    assert.equal(method, 'POST');
    assert.equal(new URLSearchParams(body).get('RoleArn'), 'arn:aws:iam::111122223333:role/r');
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    assert.deepEqual(names.filter((name) => name === 'host' || name === 'content-length').sort(), ['content-length', 'host']);
    assert.ok(rawHeaders.some((value) => value.includes('Credential=AKIDBASE/')));
  }
});

test('the role of the machine, never through a proxy', async () => {
  const env = { http_proxy: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', AWS_METADATA_SERVICE_TIMEOUT: '60' };
  const found = await both({ env, order: ['imds'], imdsEndpoint: server.url });
  assert.deepEqual([found.accessKeyId, found.sessionToken, found.source], ['ASIAROLE', 'imds-token', 'imds']);
  assert.equal((await server.seen()).length, 6);
});

test('everything else through the proxy that is set', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush' };
  const options = { assume: ['arn:aws:iam::111122223333:role/r'], region: 'us-east-1' };
  const env = { ...keys, HTTP_PROXY: server.url.replace('//', '//me:p%40ss@') };
  assert.equal((await both({ ...options, env, stsEndpoint: 'http://sts.invalid:81/' })).accessKeyId, 'ASIAASSUMED');
  const [asked] = await server.seen();
  assert.equal(asked.url, 'http://sts.invalid:81/');
  const header = (name) => asked.rawHeaders[asked.rawHeaders.findIndex((text) => text.toLowerCase() === name) + 1];
  assert.deepEqual([header('host'), header('proxy-authorization')], ['sts.invalid:81', `Basic ${Buffer.from('me:p@ss').toString('base64')}`]);

  const secure = { ...keys, https_proxy: server.url };
  const request = { method: 'GET', url: 'https://sts.invalid/', headers: [], body: Buffer.alloc(0), timeout: 60, direct: false, maxBytes: 100 };
  assert.match((await send(request, { env: secure })).message, /proxy answered 403/);
  assert.deepEqual((await server.seen()).map(({ method, url }) => `${method} ${url}`), ['CONNECT sts.invalid:443']);
});

test('which requests go through which proxy', () => {
  const proxy = (url, env) => proxyFor(new URL(url), env)?.host;
  const env = { HTTPS_PROXY: 'p:1', http_proxy: 'http://q:2', NO_PROXY: 'local.example, .inner.example,10.0.0.1,h.example:8443' };
  assert.equal(proxy('https://sts.amazonaws.com/', env), 'p:1');
  assert.equal(proxy('http://sts.amazonaws.com/', env), 'q:2');
  for (const exempt of ['https://local.example/', 'https://a.local.example', 'http://x.inner.example', 'http://10.0.0.1/', 'https://h.example:8443/']) {
    assert.equal(proxy(exempt, env), undefined, exempt);
  }
  assert.equal(proxy('https://h.example/', env), 'p:1');
  assert.equal(proxy('https://notlocal.example/', env), 'p:1');
  assert.equal(proxy('https://h/', { ALL_PROXY: 'p:1', no_proxy: '*' }), undefined);
  assert.equal(proxy('http://h/', { HTTP_PROXY: 'p:1', REQUEST_METHOD: 'GET' }), undefined);
  assert.throws(() => proxy('http://h/', { http_proxy: 'socks5://p:1' }), /http or https/);
});

test('a server that misbehaves is told by how', async () => {
  const ask = (path, more) => send({ method: 'GET', url: `${server.url}${path}`, headers: [], body: Buffer.alloc(0), timeout: 60, direct: true, maxBytes: 1000, ...more }, { env: {} });
  for (const slow of ['/hang/', '/drip/']) assert.equal((await ask(slow, { timeout: 0.3 })).failure, 'timeout');
  assert.equal((await ask('/large/')).failure, 'too_large');
  assert.equal((await ask('/broken/')).failure, 'other');
  assert.equal((await ask('/moved/')).status, 302);
  assert.equal((await ask('/latest/api/token')).body.toString(), 'token');
  assert.equal((await ask('/', { url: 'http://127.0.0.1:1/' })).failure, 'refused');
  assert.equal((await ask('/', { url: 'http://name.invalid/' })).failure, 'unreachable');
  assert.equal((await ask('/', { url: `https://127.0.0.1:${server.port}/` })).failure, 'tls');
  const smuggled = await ask('/', { headers: [['x-token', 'hush-hush\r\nx: y']] });
  assert.deepEqual([smuggled.failure, smuggled.message.includes('hush')], ['other', false]);
  await server.seen();
  assert.equal((await ask('/moved/x', { headers: [['X-Twice', '1'], ['X-Twice', '2']] })).status, 302);
  const { rawHeaders } = (await server.seen())[0];
  assert.deepEqual(rawHeaders.filter((_, at) => rawHeaders[at - 1] === 'X-Twice'), ['1', '2']);
});

test('a code is asked of whoever the caller names, or of nobody', async () => {
  const asked = [];
  const prompt = ({ prompt: kind, serial }) => (asked.push(kind, serial), '123456');
  const options = { env: { HOME: home }, profile: 'mfa', stsEndpoint: server.url };
  assert.equal((await both({ ...options, prompt })).accessKeyId, 'ASIAASSUMED');
  assert.deepEqual(asked.slice(0, 2), ['mfa', 'arn:aws:iam::111122223333:mfa/me']);
  assert.equal((await resolve({ ...options, prompt: async () => '123456' })).accessKeyId, 'ASIAASSUMED');
  assert.throws(() => resolveSync({ ...options, prompt: async () => '123456' }), { code: 'input' });
  const bodies = (await server.seen()).map(({ body }) => new URLSearchParams(body).get('TokenCode'));
  assert.deepEqual([...new Set(bodies)], ['123456']);
  for (const nobody of [false, () => undefined]) await bothFail({ ...options, prompt: nobody }, ({ code }) => code === 'mfa' || code === 'declined');
});

test('a resolution can be given up', async () => {
  const options = { env: { AWS_METADATA_SERVICE_TIMEOUT: '60' }, order: ['imds'], imdsEndpoint: `${server.url}/hang` };
  await assert.rejects(resolve({ ...options, signal: AbortSignal.timeout(50) }), { code: 'cancelled' });
  await assert.rejects(resolve({ ...options, signal: AbortSignal.abort() }), { code: 'cancelled' });
  assert.throws(() => resolveSync({ ...options, signal: AbortSignal.timeout(50) }), { code: 'input' });
});

test('options are checked before anything is asked', async () => {
  for (const options of [{ profil: 'x' }, { env: 5 }, { prompt: 'yes' }, { seed: Buffer.alloc(32) }]) await bothFail(options, { code: 'input' });
  const env = { AWS_CA_BUNDLE: join(home, 'none.pem') };
  await bothFail({ env }, { code: 'config', message: /AWS_CA_BUNDLE/ });
  writeFileSync(join(home, 'empty.pem'), 'nothing');
  await bothFail({ env: { AWS_CA_BUNDLE: join(home, 'empty.pem') } }, { code: 'config', message: /no certificate/ });
});

test('files are written whole, for their owner alone, and nothing else is left', () => {
  const path = join(home, 'deep', 'er', 'cache.json');
  assert.equal(file.write({ path, data: Buffer.from('one') }), true);
  assert.equal(file.write({ path, data: Buffer.from('two') }), true);
  assert.equal(readFileSync(path, 'utf8'), 'two');
  if (process.platform !== 'win32') {
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, 'deep')).mode & 0o777, 0o700);
  }
  assert.deepEqual(readdirSync(join(home, 'deep', 'er')), ['cache.json']);
  mkdirSync(join(home, 'taken'));
  assert.equal(typeof file.write({ path: join(home, 'taken'), data: Buffer.from('x') }).failure, 'string');
  assert.ok(!readdirSync(home).some((name) => name.endsWith('.tmp')));
});

test('files are read, listed and removed', () => {
  const path = join(home, 'f');
  writeFileSync(path, 'abcdef');
  assert.equal(file.read({ path, maxBytes: 100 }).toString(), 'abcdef');
  assert.equal(file.read({ path, maxBytes: 3 }).length, 4);
  assert.equal(file.read({ path: join(home, 'none'), maxBytes: 3 }), null);
  assert.equal(file.read({ path: join(path, 'below'), maxBytes: 3 }), null);
  assert.equal(file.read({ path: home, maxBytes: 3 }).message, 'it is a directory');
  if (process.getuid?.() > 0) {
    chmodSync(path, 0);
    assert.equal(file.read({ path, maxBytes: 3 }).message, 'permission denied');
  }
  assert.deepEqual(file.list({ path: join(home, 'deep', 'er'), maxBytes: 100 }), ['cache.json']);
  assert.deepEqual(file.list({ path: join(home, 'none'), maxBytes: 100 }), []);
  assert.equal(typeof file.list({ path: join(home, 'deep', 'er'), maxBytes: 1 }).failure, 'string');
  assert.deepEqual([file.remove({ path }), file.remove({ path }), existsSync(path)], [true, true, false]);
});

test('programs run without a shell, for so long and so much', async () => {
  const node = (code, more) => ({ argv: [process.execPath, '-e', code], env: { EXTRA: 'yes' }, timeout: 60, maxBytes: 1000, ...more });
  const runs = async (request) => {
    const [one, two] = [await program.run(request), program.runSync(request)];
    assert.deepEqual([two.code, String(two.stdout), String(two.stderr), two.message], [one.code, String(one.stdout), String(one.stderr), one.message]);
    return one;
  };
  const good = await runs(node('process.stdout.write(process.env.EXTRA + process.argv[1]); process.stderr.write("e"); process.exit(3)', {}));
  assert.deepEqual([good.code, String(good.stderr)], [3, 'e']);
  const quoted = node('process.stdout.write(process.argv[1])');
  quoted.argv.push('$HOME; echo "x" `id`');
  assert.equal(String((await runs(quoted)).stdout), '$HOME; echo "x" `id`');
  assert.match((await runs(node('setTimeout(() => {}, 60000)', { timeout: 0.5 }))).message, /did not end within/);
  assert.match((await runs(node('process.stdout.write("x".repeat(100000))'))).message, /more than 1000 bytes/);
  assert.match((await runs({ ...node(''), argv: [join(home, 'no-such-program')] })).message, /cannot be started/);
  if (process.platform !== 'win32') assert.equal((await runs(node('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 60000)'))).code, -15);
});

/** A task that asks for a lock, and then for it to be given back. */
function locking(path, done) {
  const second = { kind: 'lock', path, hold: false, done: false, answer: (_, reply) => done.push(reply) && { done: true } };
  return { kind: 'lock', path, hold: true, done: false, answer: (_, reply) => done.push(reply) && second };
}

test('a lock is one that other processes honour', async () => {
  const path = join(home, 'new', 'token.lock');
  const script = `
    const { Locks } = require(${JSON.stringify(require.resolve('../lib/file.cjs'))});
    // What nobody holds on to is collected, and its locks are given back.
    globalThis.locks = new Locks();
    locks.answer({ path: ${JSON.stringify(path)}, hold: true }).then((held) => console.log(held));
    process.stdin.resume();
    process.stdin.on('end', () => process.exit());`;
  const other = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(other.stdout, 'data');
  assert.equal(String(line).trim(), 'true');
  assert.equal(statSync(path).mode & 0o777, 0o600);

  // Waited for until the other process ends, whoever waits.
  const locks = new file.Locks();
  let tries = 0;
  const waited = locks.answer({ path, hold: true }, async () => {
    if (++tries === 3) other.stdin.end();
    if (tries >= 3) await once(other, 'exit');
  });
  assert.equal(await waited, true);
  assert.equal(tries, 3);
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(run(locking(path, []), { signal: stop.signal }), { code: 'cancelled' });

  // A run gives back what it took, and another takes it then.
  let turns = 0;
  const second = new file.Locks();
  const held = second.answerSync({ path, hold: true }, () => ++turns === 2 && locks.answerSync({ path, hold: false }));
  assert.deepEqual([held, turns], [true, 2]);
  second.close();
  const replies = [];
  await run(locking(path, replies));
  assert.deepEqual(replies, [true, true]);
  assert.ok((await locks.answer({ path: join(path, 'x'), hold: true })) instanceof FileFailure);
});
