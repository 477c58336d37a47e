// Builds the addon and puts it beside the package. AWSACCESS_RELEASE=1 builds with optimisation.
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const release = process.env.AWSACCESS_RELEASE ? ['--release'] : [];
const { status, stdout, error } = spawnSync(
  process.env.CARGO ?? 'cargo',
  ['build', '--quiet', '--package', 'awsaccess-node', '--message-format', 'json-render-diagnostics', ...release],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28, encoding: 'utf8' },
);
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);
const messages = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const built = messages.find(({ reason, target }) => reason === 'compiler-artifact' && target.name === 'awsaccess_node');
const library = built?.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
if (library === undefined) throw new Error('cargo built no addon');
// A program that has the old one loaded keeps it.
const addon = fileURLToPath(new URL('awsaccess.node', import.meta.url));
copyFileSync(library, `${addon}.new`);
renameSync(`${addon}.new`, addon);
