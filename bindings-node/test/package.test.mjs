// The package as others meet it: its entry points, its types, its README.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esm from 'awsaccess';

const folder = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const text = (name) => readFileSync(join(folder, name), 'utf8');

test('import and require give one and the same', () => {
  const cjs = require('awsaccess');
  assert.equal(esm.default, cjs);
  const { default: _, ...named } = esm;
  assert.deepEqual(Object.keys(named).sort(), Object.keys(cjs).sort());
  for (const [name, value] of Object.entries(named)) assert.equal(value, cjs[name], name);
});

test('what is there is declared, and what is declared is there', () => {
  const declarations = readdirSync(join(folder, 'types')).map((name) => text(`types/${name}`)).join('');
  const declared = [...declarations.matchAll(/^export (?:class|function|const) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(declared)].sort(), Object.keys(require('awsaccess')).sort());
});

test('the declarations hold, and refuse what they should', () => {
  const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'test/types'], { cwd: folder, encoding: 'utf8' });
  assert.equal(tsc.status, 0, tsc.stdout + tsc.stderr);
});

test('the README runs', () => {
  const blocks = [...text('README.md').matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.equal(blocks.length, 2);
  const home = mkdtempSync(join(tmpdir(), 'awsaccess-'));
  try {
    mkdirSync(join(home, '.aws'));
    writeFileSync(join(home, '.aws', 'credentials'), '[prod]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = prod-secret-prod-secret\n');
    const outputs = blocks.map((code) => {
      const run = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
        cwd: folder, env: { PATH: process.env.PATH, HOME: home }, input: 'found prod-secret-prod-secret\n', encoding: 'utf8',
      });
      assert.equal(run.status, 0, run.stderr);
      return run.stdout;
    });
    assert.equal(outputs[0], 'POST https://dynamodb.us-east-1.amazonaws.com/ 4\nAWS_SECRET_ACCESS_KEY=[aws-secret-access-key]\nfound [aws-secret-access-key]\n');
    assert.equal(outputs[1], 'AKIDEXAMPLE 3\n');
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('the package lists what it needs, and its lockfile no address', () => {
  const { files, dependencies, exports: entries } = JSON.parse(text('package.json'));
  assert.equal(dependencies, undefined);
  const shipped = (name) => files.some((entry) => name === entry || (entry.endsWith('/') && name.startsWith(entry)));
  const named = [...Object.values(entries['.'].import), ...Object.values(entries['.'].require)].map((path) => path.slice(2));
  for (const name of [...named, 'awsaccess.node', ...readdirSync(join(folder, 'lib')).map((file) => `lib/${file}`)]) {
    assert.ok(shipped(name) && existsSync(join(folder, name)), name);
  }
  assert.ok(!/https?:|resolved/.test(text('package-lock.json')));
});

test('an addon serves several threads at once', async () => {
  const { Worker } = await import('node:worker_threads');
  const code = `const { redact } = require(${JSON.stringify(join(folder, 'index.cjs'))}); require('node:worker_threads').parentPort.postMessage(redact('password=hush'))`;
  const answers = await Promise.all(Array.from({ length: 3 }, () => new Promise((resolve, reject) => {
    new Worker(code, { eval: true }).once('message', resolve).once('error', reject);
  })));
  assert.deepEqual(answers, Array(3).fill('password=[password]'));
});
