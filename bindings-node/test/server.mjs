// A server on a thread of its own, so that it answers while the main thread stands still. It does what the path says,
// as instance metadata, as STS, as a proxy, and badly.
import http from 'node:http';
import { parentPort, isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

/** Starts one; `close()` ends it, `seen()` tells what it was asked. */
export async function serve() {
  const log = [];
  const settled = [];
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: 'serve' });
  const port = await new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message) => {
      if (typeof message === 'number') resolve(message);
      else if (message === 'all') settled.shift()();
      else log.push(message);
    });
  });
  // What the worker has told by then is here when it says so.
  const settle = () => new Promise((resolve) => (settled.push(resolve), worker.postMessage('all?')));
  return { port, url: `http://127.0.0.1:${port}`, close: () => worker.terminate(), seen: async () => (await settle(), log.splice(0)) };
}

function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://h');
  const credentials = { Code: 'Success', AccessKeyId: 'ASIAROLE', SecretAccessKey: 'imds-secret', Token: 'imds-token', Expiration: '2099-01-01T00:00:00Z' };
  if (pathname.startsWith('/hang/')) return;
  if (pathname.startsWith('/moved/')) return void response.writeHead(302, { location: '/latest/api/token' }).end();
  if (pathname.startsWith('/large/')) return void response.end('x'.repeat(1 << 20));
  if (pathname.startsWith('/drip/')) return void setInterval(() => response.write('x'), 100);
  if (pathname.startsWith('/broken/')) return void response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy());
  if (pathname.endsWith('/api/token')) return void response.writeHead(200, { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }).end('token');
  if (pathname.endsWith('/security-credentials/')) return void response.end('role');
  if (pathname.endsWith('/security-credentials/role')) return void response.end(JSON.stringify(credentials));
  if (request.method === 'POST') {
    const xml = `<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser>
      <Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
    return void response.writeHead(200, { 'content-type': 'text/xml' }).end(xml);
  }
  response.writeHead(404).end();
}

if (!isMainThread && workerData === 'serve') {
  const server = http.createServer((request, response) => {
    const { method, url, rawHeaders } = request;
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
      parentPort.postMessage({ method, url, rawHeaders, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  server.on('connect', (request, socket) => {
    parentPort.postMessage({ method: 'CONNECT', url: request.url, rawHeaders: request.rawHeaders });
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  parentPort.on('message', () => parentPort.postMessage('all'));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}
