import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { pollFor } from './cluster';
import { isAlive, processStamp } from './process-stamp';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A process that has ended under a parent that never collects it, and that parent's end. */
async function endedChild(): Promise<{ readonly pid: number; endParent(): void }> {
  // `exec` puts a program into the shell's place that knows nothing of the shell's child.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const endParent = (): void => {
    parent.kill('SIGKILL');
  };
  cleanups.push(endParent);
  const [line] = await once(parent.stdout, 'data');
  return { pid: Number(String(line)), endParent };
}

describe('whether a process runs', () => {
  it('is true of this one, and of none with a number nobody has', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(processStamp(process.pid)).not.toBeNull();
    expect(isAlive(2 ** 30)).toBe(false);
    expect(processStamp(2 ** 30)).toBeNull();
  });

  it.runIf(process.platform === 'linux')('is false of one that has ended and waits to be collected, and stays so while it is collected', async () => {
    const { pid, endParent } = await endedChild();
    expect(await pollFor(60_000, () => (isAlive(pid) ? null : true))).toBe(true);
    expect(() => process.kill(pid, 0), 'it still has its number').not.toThrow();
    expect(processStamp(pid)).toBeNull();
    endParent();
    for (let look = 0; look < 10_000; look += 1) expect(isAlive(pid)).toBe(false);
  });
});
