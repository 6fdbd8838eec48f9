import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const COMPILED = join(__dirname, '../../../../dist/apps/workbench/src/processes');
const POLL_MS = 20;
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A process that starts a child by `startChild` and tells its number; it takes signals as `takes` says. */
async function startParent(takes: string): Promise<{ readonly parent: ChildProcess; readonly said: string[]; readonly childPid: number }> {
  if (!existsSync(join(COMPILED, 'child.js'))) throw new Error('this test starts compiled code: run `npm run build` first');
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-interruption-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const entry = join(folder, 'child.js');
  // Deaf to signals: only SIGKILL ends it, as a child that hangs in its own shutdown.
  writeFileSync(entry, "process.on('SIGTERM', () => undefined); console.log(JSON.stringify({ ready: true })); setInterval(() => undefined, 1000);");
  const program = `
    const { startChild } = require(${JSON.stringify(join(COMPILED, 'child.js'))});
    const { interruption } = require(${JSON.stringify(join(COMPILED, 'interruption.js'))});
    ${takes}
    startChild({ name: 'child', entry: ${JSON.stringify(entry)}, args: [], env: {}, logFile: ${JSON.stringify(join(folder, 'log'))} })
      .then((child) => console.log(child.pid));`;
  const parent = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => parent.kill('SIGKILL'));
  const said: string[] = [];
  const lines = createInterface({ input: parent.stdout });
  const first = once(lines, 'line');
  lines.on('line', (line) => said.push(line));
  const childPid = Number((await first)[0]);
  cleanups.push(() => {
    if (runs(childPid)) process.kill(childPid, 'SIGKILL');
  });
  return { parent, said, childPid };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

describe('ending a command by signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s takes the children along where nobody waits for it', async (signal) => {
    const { parent, childPid } = await startParent('');
    const ended = once(parent, 'exit');
    parent.kill(signal);
    expect((await ended)[0]).toBe(130);
    await until(() => !runs(childPid));
  });

  it('a first one asks for a good end, a second one ends it at once and its children with it', async () => {
    const { parent, said, childPid } = await startParent("interruption().promise.then(() => console.log('asked'));");
    const ended = once(parent, 'exit');
    parent.kill('SIGINT');
    await until(() => said.includes('asked'));
    expect(runs(childPid)).toBe(true);
    parent.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    await until(() => !runs(childPid));
  });
});
