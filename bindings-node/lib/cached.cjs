'use strict';

const { randomBytes } = require('node:crypto');
const { inspect } = require('node:util');
const native = require('./native.cjs');
const { Credentials } = require('./credentials.cjs');
const { bytes, known, now, object, string } = require('./argument.cjs');
const { AwsAccessError, check, errorOf, input } = require('./error.cjs');
const { whole } = require('./option.cjs');

const TIMES = ['advisoryWindow', 'rememberFailure', 'longestRefresh'];

/** When a source is asked again, decided for one caller after another. */
class Cached {
  #shelf;

  constructor(settings = {}) {
    known(object(settings, 'the settings'), [...TIMES, 'jitter', 'serveExpired', 'seed'], 'Cached');
    const out = {};
    for (const name of TIMES) if (settings[name] !== undefined && settings[name] !== null) out[name] = seconds(settings[name], name);
    const { jitter, serveExpired } = settings;
    if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) throw input('jitter is from 0 to 1');
    if (serveExpired !== undefined && typeof serveExpired !== 'boolean') throw input('serveExpired is true or false');
    this.#shelf = check(native.cached(JSON.stringify({ ...out, jitter, serveExpired }), bytes(settings.seed, 'seed') ?? randomBytes(32)));
  }

  decide(time, need = 0) {
    const { kind, credentials, until, error } = JSON.parse(check(native.cachedDecide(this.#shelf, now(time), seconds(need, 'need'))));
    return Object.freeze({
      kind,
      credentials: credentials === undefined ? undefined : made(credentials),
      until: until === undefined ? undefined : new Date(until),
      error: error === undefined ? undefined : errorOf(error),
    });
  }

  settle(time, result) {
    return made(JSON.parse(check(native.cachedSettle(this.#shelf, now(time), JSON.stringify(described(result))))));
  }

  abandon() {
    check(native.cachedAbandon(this.#shelf));
  }

  invalidate(time, accessKeyId) {
    return JSON.parse(check(native.cachedInvalidate(this.#shelf, now(time), string(accessKeyId, 'accessKeyId'))));
  }

  serve(time, need = 0) {
    return made(JSON.parse(check(native.cachedServe(this.#shelf, now(time), seconds(need, 'need')))));
  }

  isBackingOff(time) {
    return this.#state(time).isBackingOff;
  }

  get credentials() {
    const { credentials } = this.#state();
    return credentials === null ? undefined : made(credentials);
  }

  get lastFailure() {
    const { lastFailure } = this.#state();
    return lastFailure === null ? undefined : errorOf(lastFailure);
  }

  get advisoryAt() {
    const { advisoryAt } = this.#state();
    return advisoryAt === null ? undefined : new Date(advisoryAt);
  }

  #state(time) {
    return JSON.parse(check(native.cachedState(this.#shelf, now(time))));
  }

  [inspect.custom]() {
    return `Cached { ${this.credentials?.accessKeyId ?? 'nothing'} }`;
  }
}

function made({ expiresAt, ...credentials }) {
  return new Credentials({ ...credentials, expiresAt: expiresAt === null ? undefined : new Date(expiresAt) });
}

/** What a source gave: credentials, or the error that it threw. */
function described(result) {
  if (!(result instanceof Error)) return whole(result);
  if (!(result instanceof AwsAccessError)) throw input('a source gives credentials, or fails with an AwsAccessError');
  const { code, message, retryable, awsCode, attempts } = result;
  return { code, message, retryable, awsCode, attempts };
}

function seconds(value, what) {
  if (!(typeof value === 'number' && value >= 0 && value < 1e11)) throw input(`${what} is a number of seconds`);
  return value * 1000;
}

/** Credentials that many tasks share: one asks the source, the others wait or go on. */
class Provider {
  #ask;
  #cached;
  #waiting = new Set();

  constructor(ask, cached = new Cached()) {
    if (typeof ask !== 'function') throw input('a Provider is made with a function that gives credentials');
    if (!(cached instanceof Cached)) throw input('cached is a Cached');
    this.#ask = ask;
    this.#cached = cached;
  }

  async get(need = 0) {
    for (;;) {
      const { kind, credentials, until, error } = this.#cached.decide(undefined, need);
      if (error !== undefined) throw error;
      if (kind === 'wait') {
        await this.#report(until);
        continue;
      }
      // The cache keeps the failure, and the old credentials serve meanwhile.
      if (kind === 'refresh_in_background') this.#refresh().catch(() => {});
      if (credentials !== undefined) return credentials;
      await this.#refresh();
      return this.#cached.serve(undefined, need);
    }
  }

  invalidate(accessKeyId) {
    return this.#cached.invalidate(undefined, accessKeyId);
  }

  /** Asks the source, and reports whatever it does. */
  async #refresh() {
    try {
      let result;
      try {
        result = await this.#ask();
      } catch (error) {
        if (!(error instanceof AwsAccessError)) throw error;
        result = error;
      }
      this.#cached.settle(undefined, result);
    } catch (error) {
      if (!(error instanceof AwsAccessError) || error.code === 'input') this.#cached.abandon();
      throw error;
    } finally {
      for (const wake of this.#waiting) wake();
    }
  }

  /** Resolves with the report of the one who asks, and at `until` in any case. */
  #report(until) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, until - Date.now()));
      this.#waiting.add(wake);
    });
  }
}

module.exports = { Cached, Provider };
