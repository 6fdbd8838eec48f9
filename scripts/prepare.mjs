// Makes a clone runnable: installs the locked packages when they are missing or another lock file's, then builds.
// Uses Node alone, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Lockstep needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function run(command, args) {
  const result = spawnSync(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, NODE_ENV: 'development' } });
  if (result.status !== 0) {
    console.error(`"${command} ${args.join(' ')}" failed; its output above says why.`);
    process.exit(result.status ?? 1);
  }
}

const digest = (parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

const lock = digest([readFileSync('package-lock.json')]);
const installedStamp = 'node_modules/.lockstep-installed';
if (read(installedStamp) !== lock) {
  console.error('Installing the locked packages (once; a few minutes on a slow network) ...');
  run(npm, ['ci', '--no-audit', '--no-fund']);
  writeFileSync(installedStamp, lock);
}

/** Every source file below a folder that the build reads. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

const all = ['apps', 'libs', 'migrations'].flatMap(sources).sort();
const settings = digest([lock, read('tsconfig.json'), read('scripts/transpile.mjs')]);
const states = all.map((path) => {
  const { mtimeMs, size } = statSync(path);
  return `${path}:${mtimeMs}:${size}`;
});
const builtStamp = 'dist/.lockstep-built';
const built = read(builtStamp).startsWith('{') ? JSON.parse(read(builtStamp)) : { settings: '', state: '', sources: [] };
const state = digest([settings, ...states]);
if (built.state !== state) {
  // Only now are the packages certainly there.
  const { transpile } = await import('./transpile.mjs');
  const compiled = await transpile(all, built.sources, built.settings !== settings);
  console.error(`Built ${compiled} of ${all.length} files.`);
  mkdirSync('dist', { recursive: true });
  writeFileSync(builtStamp, JSON.stringify({ settings, state, sources: all }));
}
