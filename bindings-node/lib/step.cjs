'use strict';

const { randomBytes } = require('node:crypto');
const { inspect } = require('node:util');
const native = require('./native.cjs');
const { Credentials } = require('./credentials.cjs');
const { bytes, known, now, object } = require('./argument.cjs');
const { AwsAccessError, check, errorOf, input } = require('./error.cjs');
const { OPTIONS, chainOptions } = require('./option.cjs');
const { envText, planOf } = require('./profile.cjs');
const { encode } = require('./reply.cjs');

const OURS = Symbol('awsaccess');

/** Fields that can be secret: there to be used, and shown by nothing. */
const HIDDEN = ['headers', 'body', 'data', 'argv', 'env', 'message', 'page'];
/** Fields that native code gives as characters up to U+00FF. */
const BYTES = { http: 'body', writeFile: 'data', sign: 'message' };

function start(env, time, options = {}) {
  known(object(options, 'the options'), [...OPTIONS, 'seed'], 'start');
  return begin('resolve', env, time, options, {}, bytes(options.seed, 'seed'));
}

/** Begins a task; `own` are its own options, checked already. */
function begin(name, env, time, options, own, seed = randomBytes(32)) {
  const given = JSON.stringify({ ...chainOptions(options), ...own });
  const task = { native: check(native.start(name, envText(env), given, now(time), seed)) };
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
      // A prompt's line is for a person to read, unless it repeats a page whose query is for them alone.
      const isShown = question.kind === 'prompt' && name === 'message' && question.page === null;
      const hidden = HIDDEN.includes(name) && !isShown;
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

/** What a result becomes. Times come as milliseconds, behind names that end in `At`. */
const RESULTS = {
  credentials: (keys) => new Credentials(plain(keys)),
  identity: ({ credentials, ...identity }) => ({ ...identity, credentials: new Credentials(plain(credentials)) }),
  token: ({ token, ...about }) => Object.defineProperty(plain(about), 'token', { value: token }),
  plan: planOf,
  plain,
};

function plain(value) {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  const dated = ([name, field]) => [name, name.endsWith('At') && typeof field === 'number' ? new Date(field) : plain(field)];
  return Object.fromEntries(Object.entries(value).map(dated));
}

/** A task that has nothing more to ask. */
class Done {
  #result;
  #error;

  constructor(ours, { type, result, error, trace, warnings, clockOffset = 0 }) {
    if (ours !== OURS) throw input('a step is made by start()');
    if (error !== undefined) this.#error = errorOf(error);
    else this.#result = RESULTS[type](result);
    this.kind = 'done';
    this.done = true;
    this.trace = Object.freeze(trace);
    this.warnings = Object.freeze(warnings);
    this.clockOffset = clockOffset / 1000;
    Object.freeze(this);
  }

  result() {
    if (this.#error !== undefined) throw this.#error;
    return this.#result;
  }

  answer() {
    throw new AwsAccessError('used', 'the task is done, and asks nothing');
  }

  decline() {
    return this;
  }
}

module.exports = { begin, start };
