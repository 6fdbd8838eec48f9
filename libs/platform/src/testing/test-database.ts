import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { childEnvironment } from '../config/child-environment';
import { processEnvironment } from '../config/config';
import { silentLogger } from '../log/logger';
import { createDatabase, dropDatabase } from '../postgres/databases';
import { openDatabase } from '../postgres/embedded';

/** A fresh database for one test file or test. */
export interface TestDatabase {
  /** Owner (superuser) address. */
  readonly url: string;
  /** Name of the database. */
  readonly name: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A named template, prepared once per run (migrations, for example) and copied for each test: far faster than preparing again. */
  readonly template?: { readonly name: string; prepare(url: string): Promise<void> };
}

/** Test files run in threads of one process, each with a server of its own. */
const RUN = `${process.pid}_${threadId}`;
let current: TestServer | null = null;

interface TestServer {
  readonly url: Promise<string>;
  readonly templates: Map<string, Promise<string>>;
  made: number;
}

/**
 * Makes an empty database, or a copy of a template, on one PostgreSQL server per thread of a test run. The server starts with the first call,
 * keeps its data without fsync in a folder of its own, and ends with the test process however that ends.
 * LOCKSTEP_TEST_DATABASE_URL names another server to use (superuser).
 */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = testServer();
  const base = await server.url;
  const template = options.template === undefined ? 'template1' : await templateOf(server, base, options.template);
  return create(server, base, `test_${RUN}`, template);
}

function testServer(): TestServer {
  current ??= { url: startServer(), templates: new Map(), made: 0 };
  return current;
}

async function startServer(): Promise<string> {
  const given = processEnvironment().LOCKSTEP_TEST_DATABASE_URL;
  if (given !== undefined && given !== '') return given;
  const dataDir = join(tmpdir(), `lockstep-test-${RUN}-${Date.now().toString(36)}`);
  mkdirSync(dataDir, { mode: 0o711 });
  const database = await openDatabase({ dataDir, log: silentLogger, durable: false });
  removeAfter(process.pid, database.serverPid, dataDir);
  return database.ownerUrl;
}

/** A small watcher that outlives us: when the test process is gone, however it went, it stops the server and deletes the folder. */
function removeAfter(testPid: number, serverPid: number, folder: string): void {
  const program = `
    while kill -0 "$1" 2>/dev/null; do sleep 1; done
    kill -INT "$2" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$2" 2>/dev/null || break; sleep 1; done
    kill -QUIT "$2" 2>/dev/null
    rm -rf "$3"`;
  const watcher = spawn('/bin/sh', ['-c', program, 'watcher', String(testPid), String(serverPid), folder], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: childEnvironment(),
  });
  // Without a shell (Windows) the folder stays behind in the temporary directory.
  watcher.once('error', () => undefined);
  watcher.unref();
}

function templateOf(server: TestServer, base: string, template: NonNullable<TestDatabaseOptions['template']>): Promise<string> {
  const ready = server.templates.get(template.name);
  if (ready !== undefined) return ready;
  const making = create(server, base, `template_${RUN}`, 'template1').then(async ({ url, name }) => {
    await template.prepare(url);
    return name;
  });
  server.templates.set(template.name, making);
  return making;
}

async function create(server: TestServer, base: string, prefix: string, template: string): Promise<TestDatabase> {
  server.made += 1;
  const name = `${prefix}_${server.made}`;
  const url = await createDatabase(base, name, template);
  return { url, name, drop: () => dropDatabase(base, name) };
}
