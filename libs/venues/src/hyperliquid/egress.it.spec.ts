import { unwrap } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TradingAccount } from '../conformance';
import { awayFromMark, columnsOf, market, sizeWorth } from '../conformance/orders';
import { type OrderColumns, OUTCOME, REJECT_CODES } from '../port';
import { SimulatedDriver } from './testing/simulated-driver';
import type { EgressAddress } from './transport/egress-address';

/* The adapter under limits, against a simulated venue that enforces them per address. Needs the built server and worker. */

const ADDRESSES: readonly EgressAddress[] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map((address) => ({
  kind: 'claimed',
  label: address,
  address,
}));
const ACCOUNTS = 60;
/** Of a venue's minute 1,200, reads keep 240, reductions 60: so many entries leave an address at once. */
const AT_ONCE = 900;
const EXITS = 90;
const ORDERS = 3_600;

let driver: SimulatedDriver;
const accounts: TradingAccount[] = [];
beforeAll(async () => {
  const limits = { egress: ADDRESSES, rateLimits: { postsSpendWeight: true, outsideWeight: 0 } };
  driver = await SimulatedDriver.start({ ...limits, claimSigner: true, workers: 2 }, [
    '--limits',
    'on',
    '--posts-spend-weight',
    'on',
    '--verify',
    'off',
  ]);
  for (let each = 0; each < ACCOUNTS; each += 1) accounts.push(await driver.account());
});
afterAll(async () => {
  await driver.close();
});

async function wave(): Promise<OrderColumns> {
  const context = await market(driver);
  const price = awayFromMark(context, -20);
  const size = sizeWorth(context.instrument, 11, price);
  const orders = Array.from({ length: ORDERS }, (_, row) => {
    const account = accounts[row % ACCOUNTS];
    if (account === undefined) throw new Error('every row has an account');
    return { account, buy: true, price, size };
  });
  const { columns } = columnsOf(driver, context.instrument, orders);
  // The last rows take risk off: they leave first.
  return { ...columns, exit: Uint8Array.from({ length: ORDERS }, (_, row) => (row >= ORDERS - EXITS ? 1 : 0)) };
}

describe('a wave from three addresses under limits', () => {
  it('leaves as far as the minute goes, exits first, refused nowhere; a stop keeps the rest, and the books still can be read', async () => {
    const orders = await wave();
    const left: { readonly exit: boolean; readonly way: string; readonly sentAt: number }[] = [];
    const rejects = new Map<string, number>();
    let [answered, stopped] = [0, false];
    let withheld = 0;
    const before = driver.venue.egress?.forecast({ ...orders, exit: orders.exit ?? orders.reduceOnly });
    expect(before?.limitedBy).toBe('weight');
    expect(before?.endsAt).toBeGreaterThan(Date.now() + 30_000);
    const report = await driver.venue.orders.submit(driver.approved(orders), {
      keepGoing: () => !stopped,
      onWithheld: (rows) => {
        withheld = rows.length;
      },
      onOutcomes: (outcomes) => {
        for (let index = 0; index < outcomes.count; index += 1) {
          const row = outcomes.row[index] ?? -1;
          const signer = orders.signer[row] ?? 0;
          left.push({
            exit: orders.exit?.[row] === 1,
            way: `worker ${signer % 2} address ${Math.floor(signer / 2) % 3}`,
            sentAt: outcomes.sentAt[index] ?? 0,
          });
          if (outcomes.outcome[index] !== OUTCOME.rejected) continue;
          const code = REJECT_CODES[outcomes.rejectCode[index] ?? 0] ?? 'none';
          rejects.set(code, (rejects.get(code) ?? 0) + 1);
        }
        answered += outcomes.count;
        // Everything a minute holds has left by now: what waits, waits for the next one.
        if (answered >= 3 * (AT_ONCE - EXITS)) stopped = true;
      },
    });
    for (const way of new Set(left.map((row) => row.way))) {
      const times = (exit: boolean): number[] => left.filter((row) => row.way === way && row.exit === exit).map(({ sentAt }) => sentAt);
      expect(times(true).length).toBe(EXITS / 6);
      expect(Math.max(...times(true))).toBeLessThanOrEqual(Math.min(...times(false)));
    }
    expect([rejects.get('ip_rate_limited') ?? 0, report.unknown]).toEqual([0, 0]);
    expect(withheld).toBe(ORDERS - answered);
    expect(withheld).toBeGreaterThanOrEqual(ORDERS - 3 * AT_ONCE - EXITS);
    const reads = await Promise.all(accounts.slice(0, 30).map(({ address }) => driver.venue.truth.account(address, '')));
    expect(reads.map((read) => unwrap(read, 'an account under limits').address)).toEqual(accounts.slice(0, 30).map(({ address }) => address));
    expect(driver.venue.egress?.standing().addresses.map(({ refusals, waiting }) => [refusals, waiting.entry])).toEqual([0, 0, 0].map(() => [0, 0]));
    expect(driver.logged.filter(({ event }) => event === 'venue_egress_paused')).toEqual([]);
  });

  it('takes what the venue says of an account, and a refused address rests', async () => {
    const [account] = accounts;
    if (account === undefined || driver.venue.egress === undefined) throw new Error('there are accounts and limits');
    await driver.venue.egress.readAccount(account.signer, account.address);
    await driver.world('faults', { target: 'info', effect: { kind: 'status', status: 429 }, count: 1 });
    const read = await driver.venue.truth.accountMode(account.address);
    expect(read.ok ? '' : read.error.code).toBe('rate_limited');
    expect(driver.venue.egress.standing().addresses.filter(({ pausedMs, refusals }) => pausedMs > 0 && refusals === 1)).toHaveLength(1);
  });
});
