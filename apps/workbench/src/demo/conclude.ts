import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatMoney, money, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import { fillNotional, markupOn } from '@lockstep/ledger';
import { auditCopies, auditIsolation, auditLeaders } from './audit';
import type { DemoBrand } from './brand';
import { type Cast, say, settleDown } from './cast';
import { feesAtVenue, type JudgedCopy, type Violation } from './judge';
import { auditSettlement, type DemoSettlement, settle, totalsByName } from './settle';
import { decisionLines, doorLines, feeLines, findingLines, latencyLines } from './summary';

export interface Ending {
  /** Folder for the brands' settlement files. */
  readonly resultsDir: string;
  /** Longest catch-up window of a copy, in ms: repair may be at work that long. */
  readonly repairMaxMs: number;
  /** Whether everything keeps running afterwards. */
  readonly keep: boolean;
}

/** The venue keeps so many fills of an account: with more than that its fees can no longer be added up. */
const VENUE_FILLS_KEPT = 10_000;
const REPAIR_SLACK_MS = 15_000;

/** Proves the invariants, closes the brands' books and prints what happened. True when everything holds. */
export async function conclude(cast: Cast, ending: Ending): Promise<boolean> {
  await settleDown(cast);
  say(`\nProving: waiting until repair has run dry, then every copy is held against the venue's own books ...`);
  const { findings, copies } = await auditCopies({
    brands: cast.brands,
    control: cast.control,
    leaderFlat: flatness(cast),
    mids: () => cast.market.mids(),
    szDecimals: (coin) => cast.market.szDecimals(coin),
    mostLeverage: (coin) => cast.market.mostLeverage(coin),
    repairMaxMs: ending.repairMaxMs + REPAIR_SLACK_MS,
    settle: () => settleDown(cast),
  });
  const settlements = new Map<DemoBrand, DemoSettlement>();
  for (const brand of cast.brands) settlements.set(brand, await settle(brand, cast.startedAt));
  const violations: Violation[] = [
    ...findings.violations,
    ...(await auditLeaders(cast.leaders, cast.control, (coin) => cast.market.szDecimals(coin))),
  ];
  for (const [brand, closed] of settlements) {
    violations.push(...auditSettlement(brand, closed));
    violations.push(...auditFees(brand, closed, copies.get(brand) ?? []));
  }
  violations.push(...(await auditIsolation(cast.brands, new Map([...settlements].map(([brand, closed]) => [brand, closed.id])))));
  printWaves(cast);
  printBooks(cast, ending, settlements);
  say('\nInvariants');
  for (const line of findingLines(findings, violations)) say(line);
  say(violations.length === 0 ? '  all hold' : `  ${violations.length} VIOLATIONS`);
  printDoors(cast, ending);
  return violations.length === 0;
}

/** Whether the leader behind a brand's leader id holds nothing in a coin. */
function flatness(cast: Cast): (leaderId: string, coin: string) => boolean {
  const open = new Map<string, ReadonlySet<string>>();
  for (const leader of cast.leaders) {
    const coins = new Set([...leader.held].filter(([, lots]) => lots !== 0n).map(([coin]) => coin));
    for (const brand of cast.brands) open.set(brand.leaderIds.get(leader.address) ?? '', coins);
  }
  return (leaderId, coin) => !(open.get(leaderId)?.has(coin) ?? false);
}

/** The ledger's fees are the venue's fees, to the last digit. */
function auditFees(brand: DemoBrand, closed: DemoSettlement, copies: readonly JudgedCopy[]): Violation[] {
  if (copies.some((copy) => copy.truth.fills.length >= VENUE_FILLS_KEPT)) return [];
  const totals = totalsByName(closed.csv);
  const venue = feesAtVenue(copies);
  const pairs: readonly (readonly [string, bigint, bigint])[] = [
    ['trading_fee', totals.get('trading_fee') ?? 0n, venue.trading],
    ['builder_fee', totals.get('builder_fee') ?? 0n, venue.builder],
    ['markup_cost', totals.get('markup_cost') ?? 0n, brand.venue === 'perps_studio' ? accruedMarkup(copies, brand.markupBps) : 0n],
  ];
  return pairs.flatMap(([name, booked, charged]) =>
    booked === charged
      ? []
      : [
          {
            rule: 'the ledger holds the venue’s fees',
            detail: `${brand.name} ${name}: booked ${formatMoney(money(booked))}, charged ${formatMoney(money(charged))}`,
          },
        ],
  );
}

/** What followers owe where the venue collects no markup: the rate on each fill, rounded down. */
function accruedMarkup(copies: readonly JudgedCopy[], markupBps: string): bigint {
  const tenthsBp = Math.round(Number(markupBps) * 10);
  return copies
    .flatMap(({ truth }) => truth.fills)
    .map(({ px, sz }) => fillNotional(unwrap(parseSize(sz), 'a size of the venue'), unwrap(parsePrice(px), 'a price of the venue')))
    .reduce((sum, notional) => sum + markupOn(notional, tenthsBp), 0n);
}

function printWaves({ watch: { waves } }: Cast): void {
  const total = (of: 'orders' | 'filled' | 'rejected' | 'unknown' | 'withheld'): number => waves.reduce((sum, wave) => sum + wave[of], 0);
  const moves = waves.filter((wave) => wave.cause === 'move').length;
  say(`\nWhat happened: ${moves} leader moves and ${waves.length - moves} repairs and closings`);
  say(
    `  orders ${total('orders')}: ${total('filled')} filled, ${total('rejected')} rejected by the venue, ${total('unknown')} unknown on the way, ${total('withheld')} withheld`,
  );
  say('\nDecisions, one per copy and leader move');
  for (const line of decisionLines(waves)) say(line);
  say('\nLatency of the leader moves that sent orders');
  for (const line of latencyLines(waves)) say(line);
}

function printBooks(cast: Cast, ending: Ending, settlements: ReadonlyMap<DemoBrand, DemoSettlement>): void {
  mkdirSync(ending.resultsDir, { recursive: true });
  say('\nBooks of the brands');
  for (const [brand, closed] of settlements) {
    const file = join(ending.resultsDir, `${brand.name.toLowerCase()}-${closed.id}.csv`);
    writeFileSync(file, closed.csv);
    writeFileSync(file.replace(/\.csv$/, '.manifest.json'), `${JSON.stringify(closed.manifest, null, 2)}\n`);
    say(`  ${brand.name}: ${brand.copies.length} copies, markup ${brand.markupBps} bp, settlement ${closed.id} with ${closed.rows} rows`);
    for (const line of feeLines(totalsByName(closed.csv))) say(line);
    say(`    CSV and manifest: ${file}`);
    if (ending.keep) say(`    by the API:       ${cast.stack.gatewayUrl}/v1/settlements/${closed.id}/file`);
  }
}

function printDoors({ stack, brands: [brand] }: Cast, { keep }: Ending): void {
  if (brand === undefined) return;
  say(keep ? '\nTo look around' : '\nTo look around (these end with this run; with --keep everything stays up until Ctrl-C)');
  for (const line of doorLines(stack.gatewayUrl, brand)) say(`  ${line}`);
}
