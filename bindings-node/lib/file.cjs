'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { randomBytes } = require('node:crypto');
const native = require('./native.cjs');
const { FileFailure } = require('./reply.cjs');

/** The file, `null` if there is none. One byte too many is kept, so that the task sees there is more. */
function read({ path: name, maxBytes }) {
  return attempt(['ENOENT', 'ENOTDIR'], null, () => {
    const file = fs.openSync(name, 'r');
    try {
      const chunks = [];
      let size = 0;
      while (size <= maxBytes) {
        const chunk = Buffer.allocUnsafe(Math.min(64 * 1024, maxBytes + 1 - size));
        const length = fs.readSync(file, chunk, 0, chunk.length, null);
        if (length === 0) break;
        chunks.push(chunk.subarray(0, length));
        size += length;
      }
      return Buffer.concat(chunks);
    } finally {
      fs.closeSync(file);
    }
  });
}

/** Whole or not at all: beside the target, flushed to the disk, then renamed over it. */
function write({ path: name, data }) {
  return attempt([], undefined, () => {
    fs.mkdirSync(path.dirname(name), { recursive: true, mode: 0o700 });
    const beside = `${name}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const file = fs.openSync(beside, 'wx', 0o600);
      try {
        fs.writeFileSync(file, data);
        fs.fsyncSync(file);
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(beside, name);
    } catch (error) {
      // Nothing of a secret is left behind.
      fs.rmSync(beside, { force: true });
      throw error;
    }
    return true;
  });
}

/** The names of the files in a directory; a missing one is empty. */
function list({ path: name, maxBytes }) {
  return attempt(['ENOENT'], [], () => {
    const entries = fs.readdirSync(name, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    const size = names.reduce((sum, one) => sum + Buffer.byteLength(one), 0);
    return size > maxBytes ? new FileFailure('there are too many files') : names.sort();
  });
}

/** That it was not there is no failure. */
function remove({ path: name }) {
  return attempt(['ENOENT'], true, () => {
    fs.unlinkSync(name);
    return true;
  });
}

/** As long as a lock is waited for, and how often it is tried, in seconds. */
const LONGEST_LOCK = 30;
const LOCK_POLL = 0.05;

/** The locks that one run of a task holds; none outlives it. */
class Locks {
  #held = new Map();

  /** Takes a lock, waiting for it by `pause`, or gives it back. */
  async answer({ path: name, hold }, pause) {
    if (!hold) return this.#release(name);
    const tries = this.#tries(name);
    for (;;) {
      const { value, done } = tries.next();
      if (done) return value;
      await pause({ seconds: LOCK_POLL });
    }
  }

  /** The same, while the whole thread stands still. */
  answerSync({ path: name, hold }, pause) {
    if (!hold) return this.#release(name);
    const tries = this.#tries(name);
    for (;;) {
      const { value, done } = tries.next();
      if (done) return value;
      pause({ seconds: LOCK_POLL });
    }
  }

  /** Yields after each try in vain, and returns the answer. */
  *#tries(name) {
    const made = attempt([], undefined, () => {
      fs.mkdirSync(path.dirname(name), { recursive: true, mode: 0o700 });
      fs.closeSync(fs.openSync(name, 'a', 0o600));
      return true;
    });
    if (made !== true) return made;
    this.#release(name);
    const deadline = performance.now() + LONGEST_LOCK * 1000;
    while (performance.now() < deadline) {
      const taken = native.lockFile(name);
      if (typeof taken !== 'string') {
        this.#held.set(name, taken);
        return true;
      }
      if (taken !== '') return new FileFailure(JSON.parse(taken.slice(1)).message);
      yield;
    }
    return new FileFailure('another process holds the lock and does not give it back');
  }

  #release(name) {
    const held = this.#held.get(name);
    if (held !== undefined) native.unlockFile(held);
    this.#held.delete(name);
    return true;
  }

  close() {
    for (const name of [...this.#held.keys()]) this.#release(name);
  }
}

/** Runs `work`; an error with one of these codes means `absent`. */
function attempt(codes, absent, work) {
  try {
    return work();
  } catch (error) {
    return codes.includes(error.code) ? absent : new FileFailure(reason(error));
  }
}

const REASONS = { EACCES: 'permission denied', EPERM: 'permission denied', EISDIR: 'it is a directory', ENOSPC: 'no space is left' };

/** Without the path, which the task names itself. */
function reason({ code, message }) {
  return REASONS[code] ?? String(code ?? message).toLowerCase();
}

module.exports = { read, write, list, remove, Locks };
