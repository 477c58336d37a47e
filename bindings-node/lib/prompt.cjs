'use strict';

const fs = require('node:fs');
const readline = require('node:readline');
const { spawnSync } = require('node:child_process');
const { Writable } = require('node:stream');

/** Whether a person is there to answer. */
function isAttended() {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY);
}

/** Shows a line and takes what is typed, without echo; `undefined` if nobody is there, or they gave up. */
function ask({ prompt, message: line, page }, signal) {
  if (!isAttended()) return undefined;
  if (page) process.stderr.write(`${line}\n${page}\n`);
  if (prompt === 'sign_in') return '';
  const message = !page ? line : 'code: ';
  return new Promise((resolve) => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = readline.createInterface({ input: process.stdin, output: silent, terminal: true });
    const end = (answer) => {
      signal?.removeEventListener('abort', giveUp);
      lines.close();
      process.stderr.write('\n');
      resolve(answer);
    };
    const giveUp = () => end(undefined);
    process.stderr.write(message);
    lines.once('line', end);
    lines.once('SIGINT', giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}

/** The same, while the whole thread stands still. */
function askSync({ prompt, message: line, page }) {
  if (!isAttended() || process.platform === 'win32') return undefined;
  if (page) process.stderr.write(`${line}\n${page}\n`);
  if (prompt === 'sign_in') return '';
  const message = !page ? line : 'code: ';
  const terminal = fs.openSync('/dev/tty', 'r+');
  const echo = (setting) => spawnSync('stty', [setting], { stdio: [terminal, 'ignore', 'ignore'] });
  try {
    // Silent before it asks, so that nothing typed at once is shown.
    if (echo('-echo').status !== 0) return undefined;
    fs.writeSync(terminal, message);
    const typed = [];
    const byte = Buffer.alloc(1);
    while (fs.readSync(terminal, byte, 0, 1, null) === 1 && byte[0] !== 10) typed.push(byte[0]);
    return Buffer.from(typed).toString('utf8');
  } finally {
    echo('echo');
    fs.writeSync(terminal, '\n');
    fs.closeSync(terminal);
  }
}

module.exports = { ask, askSync };
