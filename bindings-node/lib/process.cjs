'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { constants } = require('node:os');
const { ProcessFailure, ProcessReply } = require('./reply.cjs');

/** Runs a program without a shell and without standard input, for so long and so much output only. */
function run({ argv, env, timeout, maxBytes }, signal) {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), { ...options(env), signal, killSignal: 'SIGKILL' });
    const end = (result) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(late(timeout)), timeout * 1000);
    const collected = [child.stdout, child.stderr].map((pipe) => {
      const chunks = [];
      let size = 0;
      pipe.on('data', (chunk) => {
        size += chunk.length;
        if (size > maxBytes) return end(tooMuch(maxBytes));
        chunks.push(chunk);
      });
      return chunks;
    });
    child.on('error', (error) => end(cannot(error)));
    child.on('close', (code, name) => {
      const [stdout, stderr] = collected.map((chunks) => Buffer.concat(chunks));
      end(new ProcessReply(exit(code, name), stdout, stderr));
    });
  });
}

/** The same, while the whole thread stands still. */
function runSync({ argv, env, timeout, maxBytes }) {
  const limits = { timeout: timeout * 1000, maxBuffer: maxBytes, killSignal: 'SIGKILL' };
  const { error, status, signal, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { ...options(env), ...limits });
  if (error?.code === 'ETIMEDOUT') return late(timeout);
  if (error?.code === 'ENOBUFS') return tooMuch(maxBytes);
  if (error !== undefined) return cannot(error);
  return new ProcessReply(exit(status, signal), stdout, stderr);
}

function options(env) {
  return {
    env: { ...process.env, ...env },
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  };
}

function exit(code, signal) {
  return code ?? -(constants.signals[signal] ?? 1);
}

const late = (timeout) => new ProcessFailure(`it did not end within ${timeout} seconds`);
const tooMuch = (maxBytes) => new ProcessFailure(`it wrote more than ${maxBytes} bytes`);
const cannot = ({ code }) => new ProcessFailure(`it cannot be started: ${String(code).toLowerCase()}`);

module.exports = { run, runSync };
