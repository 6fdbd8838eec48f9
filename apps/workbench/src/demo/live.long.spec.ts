import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startVenueProcess, type VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunFolder } from '../processes/run-folder';
import { CommandRun } from '../processes/testing/command-run';

const ACCOUNT = '0x00000000000000000000000000000000000a11ce';
const WAIT_MS = 600_000;

describe('a real account copied to simulated followers', () => {
  const dataDir = makeRunFolder('live');
  let venue: VenueProcess;
  let run: CommandRun | null = null;

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
    run = new CommandRun(['demo', '--live', ACCOUNT, '--venue-url', venue.httpUrl(), '--followers', '3'], { LOCKSTEP_DATA_DIR: dataDir });
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
