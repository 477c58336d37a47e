'use strict';

const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');
const { version } = require('../package.json');
const { authorization, proxyFor } = require('./proxy.cjs');
const { HttpFailure, HttpReply } = require('./reply.cjs');

/**
 * Makes one request and gives its reply, or the failure, and never throws. No redirect is followed. Certificates are
 * checked, whatever the environment says; `ca` (PEM) replaces the trusted roots.
 */
async function send(request, { ca, env, signal }) {
  const milliseconds = request.timeout * 1000;
  const stop = new AbortController();
  // Each wait has its own bound; this one is for a peer that sends a byte at a time.
  const timer = setTimeout(() => stop.abort(late(request)), 3 * milliseconds);
  const cancel = () => stop.abort(new Error('cancelled'));
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await exchange(request, { ca, env, signal: stop.signal, timeout: milliseconds });
  } catch (error) {
    return failure(stop.signal.aborted ? stop.signal.reason : error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

async function exchange(request, { ca, env, signal, timeout }) {
  const url = new URL(request.url);
  const proxy = request.direct ? undefined : proxyFor(url, env);
  const secure = url.protocol === 'https:';
  const options = { method: request.method, agent: false, timeout, signal, maxHeaderSize: 64 * 1024, ca, rejectUnauthorized: true };
  if (proxy === undefined) return reply(secure ? https : http, url, options, request);
  const door = { ca, signal, timeout, rejectUnauthorized: true, agent: false, headers: authorization(proxy) };
  if (!secure) {
    return reply(proxy.protocol === 'https:' ? https : http, proxy, { ...options, path: url.href }, request, url.host, door.headers);
  }
  const socket = await tunnel(proxy, url, door);
  const servername = /[:\]]|^[\d.]+$/.test(url.hostname) ? '' : url.hostname;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const createConnection = () => tls.connect({ socket, servername, host, ca, rejectUnauthorized: true });
  // Only a request without an agent uses a connection of the caller's.
  return reply(https, url, { ...options, agent: undefined, createConnection }, request);
}

function reply(transport, url, options, request, host = url.host, extra = {}) {
  return new Promise((resolve, reject) => {
    const sent = transport.request(url, { ...options, setHost: false }, (response) => {
      const chunks = [];
      let size = 0;
      response.on('data', (chunk) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > request.maxBytes) sent.destroy(Object.assign(new Error(`the reply has more than ${request.maxBytes} bytes`), { code: 'TOO_LARGE' }));
      });
      response.on('error', reject);
      response.on('end', () => {
        if (!response.complete) return reject(new Error('the connection broke off'));
        resolve(new HttpReply(response.statusCode, response.rawHeaders, Buffer.concat(chunks)));
      });
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(late(request)));
    const bodiless = request.body.length === 0 && ['GET', 'HEAD', 'DELETE'].includes(request.method);
    const defaults = { Host: host, 'User-Agent': `awsaccess/${version}`, ...extra };
    try {
      for (const [name, value] of request.headers) sent.appendHeader(name, value);
      for (const [name, value] of Object.entries(defaults)) if (!sent.hasHeader(name)) sent.setHeader(name, value);
      if (!bodiless) sent.setHeader('Content-Length', request.body.length);
    } catch {
      // The reason would quote the value.
      sent.destroy(new Error('a header cannot be sent'));
      return;
    }
    sent.end(request.body);
  });
}

/** A connection through a proxy to the host of a url. */
function tunnel(proxy, url, { headers, timeout, ...options }) {
  const path = `${url.hostname}:${url.port || 443}`;
  return new Promise((resolve, reject) => {
    const transport = proxy.protocol === 'https:' ? https : http;
    const asked = transport.request(proxy, { ...options, method: 'CONNECT', path, timeout, headers: { host: path, ...headers } });
    asked.on('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy answered ${response.statusCode}`));
    });
    asked.on('response', (response) => {
      response.destroy();
      reject(new Error(`the proxy answered ${response.statusCode}`));
    });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('the proxy did not answer in time'), { code: 'ETIMEDOUT' })));
    asked.on('error', reject);
    asked.end();
  });
}

function late({ timeout }) {
  return Object.assign(new Error(`no answer within ${timeout} seconds`), { code: 'ETIMEDOUT' });
}

const REASONS = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EAI_FAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
  TOO_LARGE: 'too_large',
  HPE_HEADER_OVERFLOW: 'too_large',
};
const TLS = /^(ERR_TLS|ERR_SSL|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/;

function failure(error) {
  // A name with several addresses fails with one error for each.
  const first = error.errors?.[0] ?? error;
  const code = String(error.code ?? first.code ?? '');
  const reason = REASONS[code] ?? (TLS.test(code) ? 'tls' : 'other');
  return new HttpFailure(reason, (error.message || first.message || code).toLowerCase());
}

module.exports = { send };
