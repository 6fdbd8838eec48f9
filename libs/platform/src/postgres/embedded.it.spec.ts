import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger, silentLogger } from '../log/logger';
import { pollFor } from './cluster';
import { type EmbeddedDatabase, FolderInUse, openDatabase } from './embedded';
import { isAlive } from './process-stamp';

const COMPILED = join(__dirname, '../../../../dist/libs/platform/src/index.js');
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function folder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-embedded-')));
  chmodSync(made, 0o711);
  cleanups.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Opens a database that is ended with the test, however that ends. */
async function open(dataDir: string, log = silentLogger): Promise<EmbeddedDatabase> {
  const database = await openDatabase({ dataDir, log });
  cleanups.push(() => endServer(database.serverPid));
  return database;
}

function endServer(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const Opened = z.object({ ownerUrl: z.string(), adopted: z.boolean(), serverPid: z.number() });

/** Opens the database in a process of its own, from compiled code, and waits until it says so. */
async function openElsewhere(dataDir: string, uid?: number): Promise<{ readonly child: ChildProcess; readonly opened: z.infer<typeof Opened> }> {
  if (!existsSync(COMPILED)) throw new Error('this test starts compiled code: run `npm run build` first');
  const program = `
    const { openDatabase, silentLogger } = require(process.argv[1]);
    openDatabase({ dataDir: process.argv[2], log: silentLogger }).then((database) => {
      // Before the word that lets the test send them: a signal nobody handles ends the process at once.
      process.on('SIGTERM', () => database.close().then(() => process.exit(0)));
      process.on('SIGHUP', () => process.exit(0));
      process.stdout.write(JSON.stringify(database) + '\\n');
      setInterval(() => undefined, 1000);
    });`;
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, ['-e', program, COMPILED, dataDir], { ...user, stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' });
  cleanups.push(() => child.kill('SIGKILL'));
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error('the process ended before its database was open');
    }),
  ]);
  const opened = Opened.parse(JSON.parse(String(line)));
  cleanups.push(() => endServer(opened.serverPid));
  return { child, opened };
}

describe('embedded PostgreSQL', () => {
  it('keeps its data over a restart, on loopback, behind a password only we may read', async () => {
    const dataDir = folder();
    const first = await open(dataDir);
    expect(first.adopted).toBe(false);
    await query(first.ownerUrl, 'create table kept as select 7 as value');
    expect(await query(first.ownerUrl, "select current_setting('listen_addresses') as at, current_setting('fsync') as fsync")).toEqual([
      { at: '127.0.0.1', fsync: 'on' },
    ]);
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    await expect(query(first.ownerUrl.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('password authentication failed');
    await first.close();
    expect(isAlive(first.serverPid)).toBe(false);
    expect(readdirSync(dataDir)).not.toContain('lock');

    const second = await open(dataDir);
    expect(await query(second.ownerUrl, 'select value from kept')).toEqual([{ value: 7 }]);
    await second.close();
  });

  it('is refused while another Lockstep holds the folder, and given once that has ended', async () => {
    const dataDir = folder();
    const { child, opened } = await openElsewhere(dataDir);
    const refusal = await open(dataDir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(FolderInUse);
    expect(String(refusal)).toContain(`process ${child.pid}`);
    expect(String(refusal)).toContain('LOCKSTEP_DATA_DIR');
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(isAlive(opened.serverPid)).toBe(false);
    await (await open(dataDir)).close();
  });

  it('ends with a process that exits without closing it', async () => {
    const dataDir = folder();
    const { child, opened } = await openElsewhere(dataDir);
    child.kill('SIGHUP');
    await once(child, 'exit');
    expect(await pollFor(60_000, () => (isAlive(opened.serverPid) ? null : true))).toBe(true);
    await (await open(dataDir)).close();
  });

  it('adopts the server of a killed process, with all it had written', async () => {
    const dataDir = folder();
    const { child, opened } = await openElsewhere(dataDir);
    await query(opened.ownerUrl, 'create table kept as select 7 as value');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(opened.serverPid)).toBe(true);

    const adopted = await open(dataDir);
    expect(adopted).toMatchObject({ adopted: true, serverPid: opened.serverPid, ownerUrl: opened.ownerUrl });
    expect(await query(adopted.ownerUrl, 'select value from kept')).toEqual([{ value: 7 }]);
    await adopted.close();
    expect(isAlive(opened.serverPid)).toBe(false);
  });

  it('recovers when the server itself was killed, also when its number was given to another process', async () => {
    const dataDir = folder();
    const first = await openElsewhere(dataDir);
    await query(first.opened.ownerUrl, 'create table kept as select 7 as value');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    process.kill(first.opened.serverPid, 'SIGKILL');
    const data = join(dataDir, 'postgres', 'data');
    await pollFor(10_000, () => (isAlive(first.opened.serverPid) && existsSync(`/proc/${first.opened.serverPid}/exe`) ? null : true));
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready\n`);

    const second = await open(dataDir);
    expect(second.adopted).toBe(false);
    expect(await query(second.ownerUrl, 'select value from kept')).toEqual([{ value: 7 }]);
    await second.close();
  });

  it.skipIf(!IS_ROOT)(
    'works below a folder its user may not enter, says where the data lies, and starts empty once the folder was deleted (needs root)',
    async () => {
      const closed = folder();
      chmodSync(closed, 0o700);
      const dataDir = join(closed, 'data');
      const lines: string[] = [];
      const log = createLogger({ process: 'test', level: 'warn', write: (line) => lines.push(line) });
      const first = await open(dataDir, log);
      const [place] = await query(first.ownerUrl, "select current_setting('data_directory') as at");
      const staged = join(String(place?.at), '..', '..');
      cleanups.push(() => rmSync(staged, { recursive: true, force: true }));
      expect(staged.startsWith(realpathSync(tmpdir()))).toBe(true);
      expect(lines.join()).toContain('LOCKSTEP_DATA_DIR');
      await query(first.ownerUrl, 'create table kept ()');
      await first.close();

      const again = await open(dataDir, log);
      expect(await query(again.ownerUrl, "select to_regclass('kept') is not null as there")).toEqual([{ there: true }]);
      await again.close();

      rmSync(dataDir, { recursive: true });
      const fresh = await open(dataDir, log);
      const [other] = await query(fresh.ownerUrl, "select current_setting('data_directory') as at, to_regclass('kept') is not null as there");
      cleanups.push(() => rmSync(join(String(other?.at), '..', '..'), { recursive: true, force: true }));
      expect(other?.there).toBe(false);
      expect(existsSync(staged)).toBe(false);
      await fresh.close();
    },
  );

  it.skipIf(!IS_ROOT)('works for an ordinary user (needs root, to become one)', async () => {
    const dataDir = join(folder(), 'data');
    mkdirSync(dataDir);
    chownSync(dataDir, NOBODY, NOBODY);
    const { child, opened } = await openElsewhere(dataDir, NOBODY);
    expect(await query(opened.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(statSync(join(dataDir, 'postgres', 'data')).uid).toBe(NOBODY);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(isAlive(opened.serverPid)).toBe(false);
  });
});
