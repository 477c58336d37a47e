'use strict';

const { inspect } = require('node:util');
const { AwsAccessError, input } = require('./error.cjs');
const { bytes } = require('./argument.cjs');
const { fields } = require('./header.cjs');
const { whole } = require('./option.cjs');

/** Shows what cannot be secret of an answer. */
class Shown {
  toJSON() {
    return { ...this };
  }

  [inspect.custom](_depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }
}

class HttpReply extends Shown {
  constructor(status, headers, body) {
    super();
    this.status = status;
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } });
  }
}

class ProcessReply extends Shown {
  constructor(code, stdout, stderr) {
    super();
    this.code = code;
    Object.defineProperties(this, { stdout: { value: stdout }, stderr: { value: stderr } });
  }
}

class ListenReply extends Shown {
  constructor(port, query) {
    super();
    this.port = port;
    Object.defineProperties(this, { query: { value: query } });
  }
}

/** Why there is no answer. `failure` marks it as such, in an object of the caller's too. */
class Failure {
  constructor(reason, message = reason) {
    this.failure = reason;
    this.message = message;
  }
}
class HttpFailure extends Failure {}
class FileFailure extends Failure {}
class ProcessFailure extends Failure {}
class ListenFailure extends Failure {}
class SignFailure extends Failure {}
class CustomFailure extends Failure {}

/** An answer to a question of this kind, as native code takes it: kind, text, and up to two pieces of bytes. */
function encode(kind, reply) {
  if (reply instanceof Error) throw input('an error is no answer; answer with a failure, or decline');
  if (typeof reply?.failure === 'string') {
    const { failure: reason, message = reason } = reply;
    return ['failed', JSON.stringify({ reason, message: String(message) })];
  }
  const encoded = encoders[kind]?.(reply);
  if (encoded === undefined) throw new AwsAccessError('wrong_answer', `that is no answer to the question ${kind}`);
  return encoded;
}

const isData = (value) => typeof value === 'string' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
const isStrings = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const done = (reply) => (reply === true ? ['done', ''] : undefined);
const data = (reply) => (isData(reply) ? ['data', '', bytes(reply, 'the answer')] : undefined);

const encoders = {
  readFile: (reply) => (reply === null || reply === undefined ? ['absent', ''] : data(reply)),
  writeFile: done,
  removeFile: done,
  lock: done,
  wait: done,
  sign: data,
  listFiles: (reply) => (isStrings(reply) ? ['names', JSON.stringify(reply)] : undefined),
  resolve: (reply) => (isStrings(reply) ? ['addresses', JSON.stringify(reply)] : undefined),
  custom(reply) {
    if (reply === null || reply === undefined) return ['absent', ''];
    return typeof reply?.secretAccessKey === 'string' ? ['credentials', JSON.stringify(whole(reply))] : undefined;
  },
  prompt: (reply) => (typeof reply === 'string' ? ['text', reply] : undefined),
  http(reply) {
    if (typeof reply?.status !== 'number') return undefined;
    const headers = fields(reply.headers).map((text) => (typeof text === 'string' ? text : Buffer.from(text).toString('latin1')));
    return ['http', JSON.stringify({ status: reply.status, headers }), bytes(reply.body, 'body')];
  },
  runProcess(reply) {
    if (!Number.isInteger(reply?.code)) return undefined;
    return ['process', String(reply.code), bytes(reply.stdout, 'stdout'), bytes(reply.stderr, 'stderr')];
  },
  listen(reply) {
    if (!Number.isInteger(reply?.port) || typeof reply.query !== 'string') return undefined;
    return ['redirect', JSON.stringify({ port: reply.port, query: reply.query })];
  },
};

module.exports = {
  HttpReply, ProcessReply, ListenReply, HttpFailure, FileFailure, ProcessFailure, ListenFailure, SignFailure, CustomFailure, encode,
};
