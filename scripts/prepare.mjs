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

/** Every source file below the folders that the build reads, with its time and size. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    if (!entry.name.endsWith('.ts') || entry.name.endsWith('.spec.ts')) return [];
    const { mtimeMs, size } = statSync(path);
    return [`${path}:${mtimeMs}:${size}`];
  });
}

const state = digest([lock, ...['apps', 'libs', 'migrations'].flatMap(sources).sort(), read('tsconfig.json'), read('tsconfig.build.json')]);
const builtStamp = 'dist/.lockstep-built';
if (read(builtStamp) !== state) {
  run(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build']);
  mkdirSync('dist', { recursive: true });
  writeFileSync(builtStamp, state);
}
