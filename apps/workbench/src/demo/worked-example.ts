import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCsv } from '@lockstep/delivery';
import { formatMoney, money, parseMoney, UNIT, unwrap } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { openStorage } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { Stack } from '../processes/stack';
import type { DemoBrand, FollowerPlan } from './brand';
import { BRANDS, type Cast, say, setUp } from './cast';
import type { Violation } from './judge';
import { type DemoLeader, leaderAddress } from './leaders';
import { auditSettlement, type DemoSettlement, settle, totalsByName } from './settle';

/*
 * Product §5: leaders × followers × trades × $50 × 3 bp. Every follower copies one leader one to one; the leader trades one unit of an instrument at
 * exactly $50, up and down in turn, and the book offers exactly $50, so that every fill is worth $50.00 and the sum is exact.
 */
const FULL_LEADERS = 100;
const FULL_FOLLOWERS = 200;
const TRADES = 10;
const COIN = 'SOL';
const PRICE = '50';
/** One unit at $50. */
const SIZE = '1';
const NOTIONAL = 50n * UNIT;
/** 3 bp of a notional, in parts of 10,000. */
const MARKUP_BP = 3n;
const DEPTH = '1000000';
const FILLS_WAIT_MS = 60_000;
const FILLS_POLL_MS = 20;

export interface ExampleSize {
  readonly leaders: number;
  readonly followersEach: number;
}

/** Leaders and followers of a share of the full size: each shrinks by the root of it. */
export function exampleSize(scale: number): ExampleSize {
  const root = Math.sqrt(scale);
  return { leaders: Math.max(1, Math.round(FULL_LEADERS * root)), followersEach: Math.max(1, Math.round(FULL_FOLLOWERS * root)) };
}

/** Markup of the whole example by the formula, money 10^-8: exact, because $50 × 3 bp is $0.015. */
export const expectedMarkup = ({ leaders, followersEach }: ExampleSize): bigint =>
  (BigInt(leaders) * BigInt(followersEach) * BigInt(TRADES) * NOTIONAL * MARKUP_BP) / 10_000n;

/** Plays the example on a running stack and checks its sums. True when they all come out. */
export async function playWorkedExample(
  stack: Stack,
  order: { readonly seed: number; readonly scale: number; readonly resultsDir: string },
): Promise<boolean> {
  const size = exampleSize(order.scale);
  const cast = await castOf(stack, order.seed, size);
  const [brand, other] = cast.brands;
  if (!brand || !other) throw new Error('the example needs two brands');
  await trade(cast, size);
  const closed = await settle(brand, cast.startedAt);
  await settle(other, cast.startedAt);
  mkdirSync(order.resultsDir, { recursive: true });
  const file = join(order.resultsDir, `worked-example-${closed.id}.csv`);
  writeFileSync(file, closed.csv);
  const totals = totalsByName(closed.csv);
  const violations = [
    ...auditSettlement(brand, closed),
    ...checkTotals(size, totals),
    ...(await checkLedger(stack, brand, closed)),
    ...(await checkForeign(brand, other, closed)),
  ];
  tell(cast, size, totals, file, violations);
  return violations.length === 0;
}

async function castOf(stack: Stack, seed: number, { leaders, followersEach }: ExampleSize): Promise<Cast> {
  const cast = Array.from(
    { length: leaders },
    (_, index): DemoLeader => ({ name: `Leader ${index + 1}`, address: leaderAddress(seed, index), held: new Map() }),
  );
  const followers = Array.from(
    { length: leaders * followersEach },
    (_, index): FollowerPlan => ({
      index,
      brand: 0,
      leaderAddress: cast[index % leaders]?.address ?? '',
      limits: { allocation: '100', maxSize: null, maxNotional: null, maxShare: null, maxLeverage: '5', venueLeverage: 10 },
      settings: {
        mode: { kind: 'fixed_ratio', ratio: '1' },
        slippage: { entry_bound: '0.005', exit_bound: '0.05' },
        max_age_ms: 60_000,
        catch_up_ms: 600_000,
      },
      funds: { '': '200' },
    }),
  );
  return setUp(stack, { seed, leaders: cast, leaderFunds: { '': '1000' }, brands: BRANDS, followers });
}

/** Every leader buys one unit, then sells it, and so on; each time the book stands at exactly $50 on the side that is hit. */
async function trade(cast: Cast, { leaders, followersEach }: ExampleSize): Promise<void> {
  const begun = Date.now();
  await cast.control.movePrices([{ coin: COIN, price: PRICE }]);
  for (let round = 1; round <= TRADES; round += 1) {
    const buys = round % 2 === 1;
    const at = { price: PRICE, size: DEPTH };
    await cast.control.quote(COIN, buys ? [{ ...at, price: '49.9' }] : [at], buys ? [at] : [{ ...at, price: '50.1' }]);
    await cast.control.trade(
      cast.leaders.map(({ address }) => ({ address, coin: COIN, side: buys ? ('buy' as const) : ('sell' as const), price: PRICE, size: SIZE })),
    );
    const expected = round * leaders * followersEach;
    const filled = await fillsOf(cast, expected);
    say(`trade ${round} of ${TRADES}: ${filled} of ${expected} fills after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
}

/** Waits for so many fills of followers, at most a minute: an idle engine may not have heard of the leader's trade yet, and the next one moves the book. */
async function fillsOf(cast: Cast, expected: number): Promise<number> {
  const until = Date.now() + FILLS_WAIT_MS;
  for (;;) {
    await cast.watch.idle();
    await cast.watch.poll();
    const filled = cast.watch.waves.reduce((sum, wave) => sum + wave.filled, 0);
    if (filled >= expected || Date.now() > until) return filled;
    await new Promise((resolve) => setTimeout(resolve, FILLS_POLL_MS));
  }
}

/** The settlement's own totals: what followers paid is what came in, and brand and operator share it. */
export function checkTotals(size: ExampleSize, totals: ReadonlyMap<string, bigint>): Violation[] {
  const expected = expectedMarkup(size);
  const operator = expected / 5n;
  const pairs: readonly (readonly [string, bigint])[] = [
    ['builder_fee', expected],
    ['tenant:markup_receivable', expected],
    ['tenant:markup_revenue', operator - expected],
    ['tenant:markup_payable', -operator],
    ['platform:markup_receivable', operator],
    ['platform:markup_revenue', -operator],
  ];
  return pairs.flatMap(([name, amount]) => {
    const found = totals.get(name) ?? 0n;
    return found === amount ? [] : [{ rule: 'the worked example comes out', detail: `${name}: ${text(found)}, by the formula ${text(amount)}` }];
  });
}

/** Every account of the file is the ledger's account, summed from the ledger's own entries. */
async function checkLedger(stack: Stack, brand: DemoBrand, closed: DemoSettlement): Promise<Violation[]> {
  const storage = await openStorage({ url: stack.roles.backoffice.url, role: 'backoffice', clock: systemClock, poolMax: 1 });
  try {
    const sums = await storage.scoped(scopeFromPlatformList(brand.tenantId, 'test'), async (unit) =>
      unit.ledger.sums((await unit.ledger.head()).seq),
    );
    const ledger = new Map(sums.map(({ account, asset, sum }) => [`${account} ${asset}`, sum]));
    const rows = unwrap(readCsv(closed.csv), 'a settlement file');
    const violations: Violation[] = [];
    for (const row of rows) {
      const key = `${accountOf(row.account ?? '', row.copy_id ?? '')} ${row.asset ?? ''}`;
      const net = unwrap(parseMoney(row.net ?? ''), 'an amount of the settlement file');
      if (ledger.get(key) !== net)
        violations.push({ rule: 'the file holds the ledger’s sums', detail: `${key}: file ${row.net}, ledger ${text(ledger.get(key) ?? 0n)}` });
      ledger.delete(key);
    }
    for (const key of ledger.keys()) violations.push({ rule: 'the file holds the ledger’s sums', detail: `${key} is missing` });
    return violations;
  } finally {
    await storage.close();
  }
}

/** The ledger's own name of an account of the file, where the copy has a column of its own. */
export const accountOf = (account: string, copyId: string): string => (copyId === '' ? account : account.replace(/^copy:/, `copy:${copyId}:`));

async function checkForeign(brand: DemoBrand, other: DemoBrand, closed: DemoSettlement): Promise<Violation[]> {
  const paths = ['', '/file', '/manifest'].map((tail) => `/v1/settlements/${closed.id}${tail}`);
  const answers = await Promise.all(paths.map(async (path) => ({ path, status: (await other.api.call('GET', path)).status })));
  return answers
    .filter(({ status }) => status !== 404)
    .map(({ path, status }) => ({ rule: 'another brand’s file is 404', detail: `${other.name} reads ${brand.name}'s ${path}: ${status}` }));
}

function tell(cast: Cast, size: ExampleSize, totals: ReadonlyMap<string, bigint>, file: string, violations: readonly Violation[]): void {
  const { leaders, followersEach } = size;
  const orders = cast.watch.waves.reduce((sum, wave) => sum + wave.orders, 0);
  say(`\n${leaders} leaders × ${followersEach} followers × ${TRADES} trades × $50 × ${MARKUP_BP} bp = $${text(expectedMarkup(size))}`);
  say(`  paid by the followers as builder fee   ${text(totals.get('builder_fee') ?? 0n)}`);
  say(`  the brand's share                      ${text(-(totals.get('tenant:markup_revenue') ?? 0n))}`);
  say(`  the operator's share                   ${text(-(totals.get('platform:markup_revenue') ?? 0n))}`);
  say(`  orders sent                            ${orders}`);
  say(`  settlement CSV                         ${file}`);
  for (const { rule, detail } of violations.slice(0, 20)) say(`  VIOLATED ${rule}: ${detail}`);
  say(violations.length === 0 ? '  file = ledger = formula; the other brand reads 404' : `  ${violations.length} VIOLATIONS`);
}

const text = (amount: bigint): string => formatMoney(money(amount));
