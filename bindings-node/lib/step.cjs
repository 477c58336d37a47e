'use strict';

const { randomBytes } = require('node:crypto');
const { inspect } = require('node:util');
const native = require('./native.cjs');
const { Credentials, expiry } = require('./credentials.cjs');
const { bytes, known, now, object, optionalString, string } = require('./argument.cjs');
const { AwsAccessError, check, errorOf, input } = require('./error.cjs');
const { envText } = require('./profile.cjs');
const { encode } = require('./reply.cjs');

const OURS = Symbol('awsaccess');

/** Fields that can be secret: there to be used, and shown by nothing. */
const HIDDEN = ['headers', 'body', 'data', 'argv', 'env', 'message'];
/** Fields that native code gives as characters up to U+00FF. */
const BYTES = { http: 'body', writeFile: 'data', sign: 'message' };

const OPTIONS = ['profile', 'region', 'home', 'order', 'credentials', 'assume', 'stsEndpoint', 'imdsEndpoint'];
const HOP = ['roleArn', 'externalId', 'sessionName', 'duration', 'mfaSerial', 'region', 'sourceIdentity', 'policy'];

function start(env, time, options = {}) {
  known(object(options, 'the options'), [...OPTIONS, 'seed'], 'start');
  const seed = bytes(options.seed, 'seed') ?? randomBytes(32);
  const task = { native: check(native.start(envText(env), optionsText(options), now(time), seed)) };
  return next(task, check(native.question(task.native)));
}

function next(task, text) {
  const question = JSON.parse(text);
  task.current = question.kind === 'done' ? new Done(OURS, question) : new Question(OURS, task, question);
  return task.current;
}

/** A task that stands at a question. */
class Question {
  #task;

  constructor(ours, task, question) {
    if (ours !== OURS) throw input('a step is made by start()');
    this.#task = task;
    const raw = BYTES[question.kind];
    for (const [name, field] of Object.entries(question)) {
      const hidden = HIDDEN.includes(name) && !(name === 'message' && question.kind === 'prompt');
      const isEnv = name === 'env';
      const value = name === raw ? Buffer.from(field, 'latin1') : isEnv ? Object.fromEntries(field) : field;
      Object.defineProperty(this, name, { value, enumerable: !hidden });
    }
    Object.defineProperty(this, 'done', { value: false, enumerable: true });
    Object.freeze(this);
  }

  get trace() {
    return [];
  }

  answer(time, reply) {
    return this.#goOn(time, encode(this.kind, reply));
  }

  decline(time) {
    return this.#goOn(time, ['declined', '']);
  }

  result() {
    throw new AwsAccessError('wrong_answer', `the task is not done: it asks ${this.kind}`);
  }

  #goOn(time, [kind, text, first, second]) {
    const task = this.#task;
    if (task.current !== this) throw new AwsAccessError('used', 'the step was answered before, and serves once');
    return next(task, check(native.reply(task.native, now(time), kind, text, first, second)));
  }

  toJSON() {
    return { ...this };
  }

  [inspect.custom](_depth, options) {
    return `Step ${inspect(this.toJSON(), options)}`;
  }
}

/** A task that has nothing more to ask. */
class Done {
  #credentials;
  #error;

  constructor(ours, { credentials, error, trace, warnings }) {
    if (ours !== OURS) throw input('a step is made by start()');
    if (error !== undefined) {
      this.#error = errorOf(error);
    } else {
      const expiresAt = credentials.expiresAt === null ? undefined : new Date(credentials.expiresAt);
      this.#credentials = new Credentials({ ...credentials, expiresAt });
    }
    this.kind = 'done';
    this.done = true;
    this.trace = Object.freeze(trace);
    this.warnings = Object.freeze(warnings);
    Object.freeze(this);
  }

  result() {
    if (this.#error !== undefined) throw this.#error;
    return this.#credentials;
  }

  answer() {
    throw new AwsAccessError('used', 'the task is done, and asks nothing');
  }

  decline() {
    return this;
  }
}

/** The options that core reads, checked. */
function optionsText(options) {
  const out = {};
  for (const name of ['profile', 'region', 'home', 'stsEndpoint', 'imdsEndpoint']) {
    out[name] = optionalString(options[name], name);
  }
  if (options.order !== undefined) {
    if (!Array.isArray(options.order)) throw input('order is a list of names');
    out.order = options.order.map((name) => string(name, 'a source'));
  }
  if (options.credentials !== undefined) {
    const { accessKeyId, secretAccessKey, sessionToken, accountId, source } = object(options.credentials, 'credentials');
    const expiresAt = expiry(options.credentials);
    out.credentials = {
      accessKeyId: string(accessKeyId, 'accessKeyId'),
      secretAccessKey: string(secretAccessKey, 'secretAccessKey'),
      sessionToken: optionalString(sessionToken, 'sessionToken'),
      accountId: optionalString(accountId, 'accountId'),
      source: optionalString(source, 'source'),
      expiresAt,
    };
  }
  if (options.assume !== undefined) {
    if (!Array.isArray(options.assume)) throw input('assume is a list of roles');
    out.assume = options.assume.map(hop);
  }
  return JSON.stringify(out);
}

function hop(role) {
  if (typeof role === 'string') return { roleArn: role };
  known(object(role, 'a role'), HOP, 'a role');
  string(role.roleArn, 'roleArn');
  const { duration } = role;
  if (duration !== undefined && !(Number.isSafeInteger(duration) && duration > 0)) {
    throw input('duration is a whole number of seconds');
  }
  for (const name of HOP) if (name !== 'duration') optionalString(role[name], name);
  return role;
}

module.exports = { start, OPTIONS };
