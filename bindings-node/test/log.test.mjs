/** Redaction in the loggers that people use: pino and winston, and streams. */

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import pino from 'pino';
import winston from 'winston';
import { Credentials, Redactor, pinoOptions, winstonFormat } from 'awsaccess';
import { thrown } from './support.mjs';

const SECRET = 'correct/horse+battery';
const TOKEN = 'staple-staple-staple';
const credentials = new Credentials({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken: TOKEN });

function sink() {
  const pieces = [];
  const stream = new Writable({ write(chunk, _encoding, done) { pieces.push(chunk); done(); } });
  return { stream, text: () => Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString() };
}

function failure() {
  const inner = Object.assign(new Error(`inner ${SECRET}`), { request: { headers: { 'x-amz-security-token': 'short' } } });
  return Object.assign(new Error(`outer ${TOKEN}`, { cause: inner }), { password: 'hunt3r2' });
}

function hides(text) {
  for (const secret of [SECRET, TOKEN, 'horse', 'staple', 'hunt3r2', '"short"']) assert.ok(!text.includes(secret), `${secret} in ${text}`);
}

test('pino', () => {
  const redactor = new Redactor().learn(credentials);
  for (const options of [{}, { messageKey: 'message', nestedKey: 'payload' }]) {
    const { stream, text } = sink();
    const logger = pino({ ...options, ...pinoOptions(redactor), base: { db_password: 'hunt3r2' } }, stream);
    const child = logger.child({ sessionToken: 'short', request: { url: '/?X-Amz-Signature=00112233445566778899' } });
    logger.info(`got ${SECRET}`);
    logger.info({ data: [TOKEN, { password: 'hunt3r2' }], n: 1 }, 'a password=%s of %o', 'hunt3r2', { secretKey: 'hunt3r2' });
    logger.error(failure());
    logger.error({ err: failure() }, 'failed');
    logger.error(failure(), `failed with ${TOKEN}`);
    child.warn({ headers: { authorization: 'Bearer hunt3r2', cookie: 'a=hunt3r2' } }, 'child');
    child.child({ token: TOKEN }).warn('grandchild');
    hides(text());
    const lines = text().trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.equal(lines.length, 7);
    const key = options.messageKey ?? 'msg';
    assert.equal(lines[0][key], 'got [aws-secret-access-key]');
    assert.equal((lines[1].payload ?? lines[1]).n, 1);
    assert.ok(lines[1][key].startsWith('a password=[password] of '), lines[1][key]);
    assert.ok(JSON.stringify(lines[3]).includes('inner [aws-secret-access-key]') && JSON.stringify(lines[3]).includes('log.test.mjs'), 'causes and stacks are told');
    assert.equal(lines[5].sessionToken, '[aws-session-token]');
  }
});

test('winston', () => {
  const redactor = new Redactor().learn(credentials);
  const { combine, errors, json, label, logstash, printf, simple, splat, timestamp } = winston.format;
  const redacted = winstonFormat(redactor);
  const chains = [
    combine(errors({ stack: true, cause: true }), splat(), redacted, json(), redacted),
    combine(redacted, errors({ stack: true, cause: true }), splat(), timestamp(), json()),
    combine(errors({ stack: true }), splat(), label({ label: 'x' }), redacted, simple()),
    combine(errors({ stack: true }), splat(), simple(), redacted),
    combine(errors({ stack: true }), splat(), redacted, logstash()),
    combine(splat(), redacted, printf((info) => `${info.level}: ${info.message} ${info.stack ?? ''} ${JSON.stringify(info)}`)),
  ];
  for (const [at, format] of chains.entries()) {
    const { stream, text } = sink();
    const logger = winston.createLogger({ format, defaultMeta: { db_password: 'hunt3r2' }, transports: [new winston.transports.Stream({ stream })] });
    logger.info(`got ${SECRET}`);
    logger.info('of', { data: [TOKEN, { password: 'hunt3r2' }], n: 1, headers: { cookie: 'a=hunt3r2' } });
    logger.info('a password of %s', TOKEN, { secretKey: 'hunt3r2' });
    logger.error(failure());
    logger.error('failed', failure());
    logger.log({ level: 'error', message: failure() });
    logger.child({ sessionToken: 'short' }).warn('child');
    hides(text());
    assert.ok(text().includes('got [aws-secret-access-key]') && text().includes('child'), `${at}: ${text()}`);
    assert.ok(text().includes('outer [aws-session-token]'), `${at}: ${text()}`);
    assert.ok(text().includes('[password]'), `${at}: ${text()}`);
    if (at < 2 || at === 4) for (const line of text().trimEnd().split('\n')) JSON.parse(line);
  }
});

test('a transform behind any logger', async () => {
  const redactor = new Redactor().learn(credentials);
  const { stream, text } = sink();
  const between = redactor.stream();
  between.pipe(stream);
  const logger = pino({}, between);
  logger.info({ password: 'hunt3r2' }, `got ${SECRET}`);
  logger.error(failure());
  between.end();
  await new Promise((done) => stream.on('finish', done));
  hides(text().replaceAll('"x-amz-security-token":"short"', ''));
  assert.equal(text().trimEnd().split('\n').map((line) => JSON.parse(line))[0].msg, 'got [aws-secret-access-key]');
});

test('only a redactor redacts', () => {
  thrown('input', () => pinoOptions({}));
  thrown('input', () => winstonFormat('x'));
});
