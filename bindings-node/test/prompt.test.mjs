// A person at a terminal: what they type is taken, and is not shown.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const prompt = createRequire(import.meta.url)('../lib/prompt.cjs');
const folder = fileURLToPath(new URL('..', import.meta.url));
const isLinux = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const skip = isLinux ? false : 'there is no script(1) of util-linux to make a terminal with';

test('where there is no terminal, nobody is asked', () => {
  const code = `const p = require('./lib/prompt.cjs'); if (p.ask({ message: 'MFA' }) !== undefined || p.askSync({ message: 'MFA' }) !== undefined) process.exit(1)`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { cwd: folder, input: '123456\n', encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(typeof prompt.ask, 'function');
});

for (const name of ['ask', 'askSync']) {
  test(`${name} takes a code without echo`, { skip }, async () => {
    const code = `Promise.resolve(require("./lib/prompt.cjs").${name}({ message: "MFA code: " })).then((code) => process.stdout.write("length " + code.length + " sum " + [...code].reduce((a, c) => a + Number(c), 0)))`;
    const terminal = spawn('script', ['-qec', `'${process.execPath}' -e '${code}'`, '/dev/null'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    terminal.stdout.on('data', (data) => {
      const before = shown.includes('MFA code: ');
      shown += data;
      if (!before && shown.includes('MFA code: ')) terminal.stdin.write('987654\r');
    });
    await once(terminal, 'exit');
    assert.match(shown, /length 6 sum 39/);
    assert.ok(!shown.includes('987654'), shown);
  });
}
