import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, dataOf, pollFor, stop } from './cluster';
import { isAlive } from './process-stamp';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A cluster whose "server" is a process of ours: on SIGINT it does what the given code says. */
async function clusterServedBy(onInterrupt: string): Promise<{ readonly cluster: Cluster; readonly server: ChildProcess; readonly pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-cluster-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const cluster: Cluster = {
    binaries: { initdb: 'initdb', postgres: 'postgres', root: null, origin: 'system' },
    folder,
    user: null,
    password: 'unused',
    durable: false,
  };
  const data = dataOf(cluster);
  mkdirSync(data);
  const program = `process.on('SIGINT', () => { ${onInterrupt} }); process.stdout.write('ready'); setInterval(() => undefined, 1000);`;
  const server = spawn(process.execPath, ['-e', program, 'postgres', data], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  const pid = server.pid ?? 0;
  writeFileSync(join(data, 'postmaster.pid'), `${pid}\n${data}\n0\n5432\n\n127.0.0.1\n\nready\n`);
  return { cluster, server, pid };
}

describe('ending a server', () => {
  // An ending process is without its command line for a moment while its number, files and ports are still there.
  it.runIf(process.platform === 'linux')('waits for the process to be gone, not for its command line to be', async () => {
    const { cluster, server, pid } = await clusterServedBy("process.title = 'x';");
    let ended = false;
    const stopped = stop(cluster).then(() => {
      ended = true;
    });
    const nameless = await pollFor(60_000, () => (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(cluster.folder) ? null : true));
    expect(nameless).toBe(true);
    // Several looks of `stop` fit in here; one at a nameless process must not satisfy it.
    await pollFor(200, () => null);
    expect(ended).toBe(false);
    server.kill('SIGKILL');
    await stopped;
    expect(isAlive(pid)).toBe(false);
  });

  it('ends at once when no server runs there', async () => {
    const { cluster, server } = await clusterServedBy('process.exit(0);');
    server.kill('SIGKILL');
    await once(server, 'exit');
    await expect(stop(cluster)).resolves.toBeUndefined();
  });
});
