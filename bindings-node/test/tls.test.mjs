// HTTPS: whom we trust, straight and through a proxy. The certificates are made for each run, with openssl.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolve } from 'awsaccess';
import { assumed } from './world.mjs';

const { send } = createRequire(import.meta.url)('../lib/http.cjs');

let folder;
let server;
let proxy;
let tunnels = 0;
const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not here to make a certificate';

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), 'awsaccess-tls-'));
  const path = (name) => join(folder, name);
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,DNS:sts.test,IP:127.0.0.1', '-keyout', path('key.pem'), '-out', path('cert.pem'),
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  const listen = (it) => new Promise((ready) => it.listen(0, '127.0.0.1', ready));
  const options = { key: readFileSync(path('key.pem')), cert: readFileSync(path('cert.pem')) };
  server = https.createServer(options, (request, response) => {
    const { status, headers, body } = assumed('ASIATLS');
    response.writeHead(status, Object.fromEntries(headers)).end(body);
  });
  // Whatever name is asked for, the proxy leads to the server.
  proxy = http.createServer().on('connect', (_request, client, head) => {
    tunnels++;
    const upstream = net.connect(server.address().port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  await Promise.all([listen(server), listen(proxy)]);
});

after(() => {
  server?.close();
  server?.closeAllConnections();
  proxy?.close();
  proxy?.closeAllConnections();
  if (folder) rmSync(folder, { recursive: true });
});

const request = (url) => ({ method: 'POST', url, headers: [], body: Buffer.from('x'), timeout: 60, direct: false, maxBytes: 10000 });

test('an unknown certificate is refused, and one that is named is trusted', { skip }, async () => {
  const url = `https://localhost:${server.address().port}/`;
  const ca = readFileSync(join(folder, 'cert.pem'), 'utf8');
  assert.equal((await send(request(url), { env: {} })).failure, 'tls');
  assert.equal((await send(request(url), { env: {}, ca })).status, 200);
  assert.equal((await send(request(`https://127.0.0.1:${server.address().port}/`), { env: {}, ca })).status, 200);
  const kept = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    assert.equal((await send(request(url), { env: {} })).failure, 'tls');
  } finally {
    if (kept === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = kept;
  }
});

test('a tunnel leads to the host that was meant, whose name must be right', { skip }, async () => {
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}` };
  const ca = readFileSync(join(folder, 'cert.pem'), 'utf8');
  assert.equal((await send(request('https://sts.test/'), { env, ca })).status, 200);
  assert.equal((await send(request('https://other.test/'), { env, ca })).failure, 'tls');
  assert.equal((await send(request('https://sts.test/'), { env })).failure, 'tls');
  assert.equal(tunnels, 3);
});

test('AWS_CA_BUNDLE and the proxy are read from the environment of the resolution', { skip }, async () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush', AWS_CA_BUNDLE: join(folder, 'cert.pem'),
    https_proxy: `127.0.0.1:${proxy.address().port}`,
  };
  const options = { env, assume: ['arn:aws:iam::111122223333:role/r'], region: 'us-east-1', stsEndpoint: 'https://sts.test' };
  assert.equal((await resolve(options)).accessKeyId, 'ASIATLS');
  assert.equal(tunnels, 4);
});
