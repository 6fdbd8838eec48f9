import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@lockstep/platform';
import { startVenueProcess, type VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunFolder } from '../processes/run-folder';

const ACCOUNT = '0x00000000000000000000000000000000000a11ce';
const WAIT_MS = 600_000;

/** `npm run demo` as a process of its own: what it printed, and a wait for a line. */
class DemoRun {
  readonly lines: string[] = [];
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];

  constructor(args: readonly string[], dataDir: string) {
    this.child = spawn(process.execPath, [join(process.cwd(), 'dist/apps/workbench/src/main.js'), 'demo', ...args], {
      env: { ...childEnvironment(), LOCKSTEP_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) if (stream) createInterface({ input: stream }).on('line', (line) => this.take(line));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  /** Resolves at the first line, printed already or to come, that matches; rejects with everything printed when the run ends before. */
  async line(pattern: RegExp): Promise<void> {
    if (this.lines.some((line) => pattern.test(line))) return;
    const met = new Promise<boolean>((resolve) => this.waiting.push({ pattern, resolve: () => resolve(true) }));
    if (!(await Promise.race([met, this.exited.then(() => false)]))) throw new Error(`no line ${pattern}:\n${this.lines.join('\n')}`);
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  kill(): void {
    this.child.kill('SIGTERM');
  }

  private take(line: string): void {
    this.lines.push(line);
    for (const { pattern, resolve } of this.waiting) if (pattern.test(line)) resolve();
  }
}

describe('a real account copied to simulated followers', () => {
  const dataDir = makeRunFolder('live');
  let venue: VenueProcess;
  let run: DemoRun | null = null;

  beforeAll(async () => {
    venue = await startVenueProcess({ script: join(process.cwd(), 'dist/apps/venue-sim/src/main.js'), args: ['--seed', '99', '--path', 'still'] });
    await venue.control.setUpAccounts('main', [{ address: ACCOUNT, credits: { '': '50000' } }]);
    await venue.control.movePrices('main', [{ coin: 'ETH', price: '2500' }]);
    await venue.control.forceTrades('main', [{ address: ACCOUNT, coin: 'BTC', side: 'buy', price: '66344', size: '0.1' }]);
  }, WAIT_MS);

  afterAll(async () => {
    run?.kill();
    await run?.exited;
    await venue.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, WAIT_MS);

  it('follows its fills at the prices there, and every invariant holds', { timeout: WAIT_MS }, async () => {
    run = new DemoRun(['--live', ACCOUNT, '--venue-url', venue.httpUrl(), '--followers', '3'], dataDir);
    await run.line(/^following; end with Ctrl-C/);
    // What was credited less the fee of the trade above: 0.1 BTC at 66344 and 4.5 bp.
    expect(run.lines.join('\n')).toContain("the account's equity at the venue: 49997.01452 USD");
    await venue.control.forceTrades('main', [{ address: ACCOUNT, coin: 'ETH', side: 'sell', price: '2500.5', size: '4' }]);
    await run.line(/the account sold 4 ETH at 2500.5/);
    await run.line(/wave \d+ move\/open ETH: 3 copies, [1-3] orders, [1-3] filled/);
    await venue.control.forceTrades('main', [{ address: ACCOUNT, coin: 'BTC', side: 'sell', price: '66300', size: '0.05' }]);
    await run.line(/wave \d+ move\/reduce BTC: 3 copies, nothing sent \(no_change 3\)/);
    await venue.control.forceTrades('main', [{ address: ACCOUNT, coin: 'ETH', side: 'buy', price: '2499', size: '4' }]);
    await run.line(/wave \d+ move\/close ETH/);
    run.interrupt();
    expect(await run.exited, run.lines.join('\n')).toBe(0);
    expect(run.lines).toContain('  all hold');
  });
});
