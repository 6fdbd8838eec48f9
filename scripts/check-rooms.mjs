// Holds the pure rooms pure: each compiles alone against only the rooms it may see, without Node's or the browser's types,
// and none of them reads a clock, makes its own randomness or waits.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOMS = ['kernel', 'tenancy', 'roster', 'risk', 'replication', 'ledger'];
/** Searched as the rooms are: what judges a simulated run must be as reproducible as the run. */
const FOLDERS = [...ROOMS.map((room) => `libs/${room}/src`), 'libs/simulation/src/auditor'];
const BANNED = [
  [/\bDate\b/, 'a clock: take the time as an argument'],
  [/\bMath\.random\b/, 'randomness: take a seed or Random as an argument'],
  [/\basync\b|\bawait\b|\bPromise\b/, 'waiting: a pure room decides at once'],
  [/\bperformance\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\b\./, 'the world outside'],
];

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : files(path);
    return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
  });
}

/** The code of a file with comments and string contents blanked, line numbers kept. */
function bare(text) {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (match) => match.replace(/[^\n]/g, ' '));
}

const findings = FOLDERS.flatMap((folder) =>
  files(folder).flatMap((path) =>
    bare(readFileSync(path, 'utf8'))
      .split('\n')
      .flatMap((line, index) => BANNED.filter(([pattern]) => pattern.test(line)).map(([, why]) => `${path}:${index + 1} uses ${why}`)),
  ),
);

const compile = (room) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['node_modules/typescript-7/bin/tsc', '--singleThreaded', '-p', `libs/${room}/tsconfig.json`]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => resolve(code === 0 ? [] : [`libs/${room} does not compile alone:\n${output}`]));
  });

const queue = [...ROOMS];
async function worker() {
  for (let room = queue.shift(); room !== undefined; room = queue.shift()) findings.push(...(await compile(room)));
}
await Promise.all([worker(), worker()]);

if (findings.length > 0) {
  console.error(findings.join('\n'));
  process.exit(1);
}
console.log(`${ROOMS.length} pure rooms compile alone and touch nothing outside.`);
