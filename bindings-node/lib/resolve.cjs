'use strict';

const dns = require('node:dns');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { MessageChannel, Worker, receiveMessageOnPort } = require('node:worker_threads');
const file = require('./file.cjs');
const http = require('./http.cjs');
const prompt = require('./prompt.cjs');
const program = require('./process.cjs');
const { known, object } = require('./argument.cjs');
const { AwsAccessError, input } = require('./error.cjs');
const { OPTIONS } = require('./option.cjs');
const { CustomFailure, HttpFailure } = require('./reply.cjs');
const { start } = require('./step.cjs');
const { startCallerIdentity } = require('./task.cjs');

async function resolve(options = {}) {
  return (await run(begin('resolve', options), host(options))).result();
}

async function callerIdentity(options = {}) {
  return (await run(begin('callerIdentity', options), host(options))).result();
}

/** Answers every question of a task with files, network, programs and the clock of this machine; gives its last step. */
async function run(step, options = {}) {
  known(object(options, 'the options'), HOST, 'run');
  const { env, ca, ask, signal, custom } = settings(options, prompt.ask);
  const net = { ca, env, signal };
  const locks = new file.Locks();
  // A question that is not here is declined: redirects, keys.
  const methods = {
    ...FILES,
    lock: (request) => locks.answer(request, (wait) => pause(wait, signal).then(() => stopIf(signal))),
    http: (request) => http.send(request, net),
    resolve: (request) => addresses(request),
    runProcess: (request) => program.run(request, signal),
    prompt: (request) => ask(request, signal),
    custom: ({ name }) => ownSource(custom, name),
    wait: (request) => pause(request, signal),
  };
  try {
    while (!step.done) {
      stopIf(signal);
      const reply = await methods[step.kind]?.(step);
      stopIf(signal);
      step = reply === undefined ? step.decline() : step.answer(undefined, reply);
    }
  } finally {
    locks.close();
  }
  return step;
}

/** A source of the caller's own: `null` if it holds no credentials; declined if there is none of that name. */
async function ownSource(custom, name) {
  if (!Object.hasOwn(custom, name)) return undefined;
  try {
    return (await custom[name]()) ?? null;
  } catch (error) {
    return broken(error);
  }
}

/** The same, while the whole thread stands still. */
function ownSourceSync(custom, name) {
  if (!Object.hasOwn(custom, name)) return undefined;
  try {
    return custom[name]() ?? null;
  } catch (error) {
    return broken(error);
  }
}

/** Without the error's text, which can hold a secret. */
function broken(error) {
  return new CustomFailure(error?.name ?? 'Error');
}

const TASKS = { resolve: start, callerIdentity: startCallerIdentity };

function begin(task, options) {
  const { env, chain } = settings(options, prompt.ask);
  return TASKS[task](env, undefined, chain);
}

/** What the options say of the host. */
function host(options) {
  return Object.fromEntries(HOST.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}

function resolveSync(options = {}) {
  const { env, chain, ca, ask, signal, custom } = settings(options, prompt.askSync);
  if (signal !== undefined) throw input('resolveSync cannot be interrupted; use resolve with a signal');
  const net = new SyncHttp({ ca, env });
  const locks = new file.Locks();
  const host = {
    ...FILES,
    lock: (request) => locks.answerSync(request, pauseSync),
    http: (request) => net.send(request),
    runProcess: program.runSync,
    prompt: ask,
    custom: ({ name }) => ownSourceSync(custom, name),
    wait: pauseSync,
  };
  try {
    let step = start(env, undefined, chain);
    while (!step.done) {
      const reply = host[step.kind]?.(step);
      if (typeof reply?.then === 'function') throw input(`${step.kind} gave a promise; use resolve`);
      step = reply === undefined ? step.decline() : step.answer(undefined, reply);
    }
    return step.result();
  } finally {
    locks.close();
    net.close();
  }
}

/** Lets the whole thread stand still. */
function pauseSync({ seconds }) {
  return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000) === 'timed-out';
}

/** Of the options, those that say how this machine answers. */
const HOST = ['env', 'prompt', 'signal', 'custom'];

const FILES = { readFile: file.read, writeFile: file.write, listFiles: file.list, removeFile: file.remove };

/** What the caller set, with the environment of this process for want of another. */
function settings(options, ask) {
  known(object(options, 'the options'), [...OPTIONS, ...HOST], 'resolve');
  const { env: given, prompt: own, signal, custom = {}, ...chain } = options;
  for (const source of Object.values(object(custom, 'custom'))) if (typeof source !== 'function') throw input('custom is an object of functions');
  const env = given === undefined ? withHome(process.env) : object(given, 'env');
  if (own !== undefined && own !== null && own !== false && typeof own !== 'function') {
    throw input('prompt is a function, or false where nobody is to be asked');
  }
  const asks = own === undefined || own === null ? ask : own === false ? () => undefined : own;
  return { env: { ...env }, chain, ca: certificates(env), ask: asks, signal, custom };
}

/** With the home directory that the system knows, if no variable names one. */
function withHome(env) {
  return env.HOME || env.USERPROFILE ? env : { ...env, HOME: os.homedir() };
}

/** The certificates that `AWS_CA_BUNDLE` names. */
function certificates({ AWS_CA_BUNDLE: bundle }) {
  if (!bundle) return undefined;
  let pem;
  try {
    pem = fs.readFileSync(path.resolve(bundle), 'utf8');
  } catch (error) {
    throw new AwsAccessError('config', `AWS_CA_BUNDLE names ${bundle}, which cannot be read: ${error.code}`);
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new AwsAccessError('config', 'AWS_CA_BUNDLE names a file that holds no certificate in pem form');
}

function stopIf(signal) {
  if (signal?.aborted) throw new AwsAccessError('cancelled', 'the resolution was given up by its caller');
}

async function addresses({ host }) {
  try {
    return (await dns.promises.lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    return new HttpFailure('unreachable', String(error.code).toLowerCase());
  }
}

function pause({ seconds }, signal) {
  return new Promise((resume) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resume(true);
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** HTTP on a thread of its own, begun with the first request. */
class SyncHttp {
  #settings;
  #worker;

  constructor(settings) {
    this.#settings = settings;
  }

  send({ method, url, headers, body, timeout, direct, maxBytes }) {
    this.#worker ??= new Worker(path.join(__dirname, 'http-worker.cjs'), { workerData: this.#settings, execArgv: [] });
    const { port1: ours, port2: port } = new MessageChannel();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const request = { method, url, headers, body, timeout, direct, maxBytes };
    this.#worker.postMessage({ request, port, flag }, [port]);
    // The thread keeps the time itself; this is for one that does not come up.
    Atomics.wait(flag, 0, 0, 3000 * timeout + 30_000);
    const { message: reply } = receiveMessageOnPort(ours) ?? { message: new HttpFailure('other', 'the thread for http gave no answer') };
    ours.close();
    return reply;
  }

  close() {
    this.#worker?.terminate();
  }
}

module.exports = { callerIdentity, resolve, resolveSync, run };
