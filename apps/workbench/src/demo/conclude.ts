import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '@lockstep/kernel';
import { auditCopies, auditIsolation, auditLeaders, truthOf } from './audit';
import { auditAndSettle, type Settled } from './audit-and-settle';
import { auditInput, moneyWorld } from './audit-input';
import type { DemoBrand } from './brand';
import { auditTour } from './builder-dexes/audit-tour';
import { dexLines } from './builder-dexes/dex-lines';
import type { TourEnd } from './builder-dexes/play';
import { type Cast, say, settleDown } from './cast';
import type { JudgedCopy, Violation } from './judge';
import { judgeMoney, judgeRows, type MoneyWorld } from './judge-money';
import { auditSettlement, booksOf, type DemoSettlement, fileOf, settle, totalsByName } from './settle';
import { decisionLines, doorLines, feeLines, findingLines, latencyLines } from './summary';

export interface Ending {
  /** Folder for the brands' settlement files. */
  readonly resultsDir: string;
  /** Longest catch-up window of a copy, in ms: repair may be at work that long. */
  readonly repairMaxMs: number;
  /** Whether everything keeps running afterwards. */
  readonly keep: boolean;
  /** What the pieces did not show. */
  readonly pieces?: readonly Violation[];
  /** What was played on the builder dexes, when that was all. */
  readonly tour?: TourEnd;
}

/** The venue keeps so many fills of an account: with more than that its fees can no longer be added up. */
const VENUE_FILLS_KEPT = 10_000;

/** Proves the invariants, closes the brands' books and prints what happened. True when everything holds. */
export async function conclude(cast: Cast, ending: Ending): Promise<boolean> {
  await settleDown(cast);
  say(`\nProving: waiting until repair has run dry, then every copy is held against the venue's own books ...`);
  const input = { ...auditInput(cast, ending.repairMaxMs), fundingDue: ending.tour?.fundingDue ?? false };
  const { audit, settlements } = await auditAndSettle(() => auditCopies(input), {
    brands: cast.brands,
    from: cast.startedAt,
    settle,
    truthOf: (address) => truthOf(cast.control, address),
  });
  const { findings, copies } = audit;
  const violations: Violation[] = [
    ...(ending.pieces ?? []),
    ...findings.violations,
    ...(await auditLeaders(cast.leaders, cast.control, (coin) => cast.market.szDecimals(coin))),
  ];
  const realised = new Map<string, bigint>();
  for (const [brand, closed] of settlements) {
    violations.push(
      ...closed.flatMap((one) => auditSettlement(brand, one)),
      ...auditMoney(brand, closed, copies.get(brand) ?? [], { ...moneyWorld(cast, brand), fundingDue: ending.tour?.fundingDue ?? false }),
    );
    for (const { account, asset, net } of booksOf(fileOf(closed)).rows)
      if (account === 'copy:realised_pnl') realised.set(asset, (realised.get(asset) ?? 0n) - net);
  }
  const ids = new Map([...settlements].map(([brand, closed]) => [brand, present(closed.at(-1), 'a brand is settled').id]));
  if (cast.showcase !== null) {
    // What crossed, was handed over or broke stands in its books too; its accounts carry several copies, so they are judged by the pieces.
    const closed = await settle(cast.showcase, cast.startedAt);
    violations.push(...auditSettlement(cast.showcase, closed));
    ids.set(cast.showcase, closed.id);
  }
  violations.push(...(await auditIsolation([...ids.keys()], ids)));
  const { tour } = ending;
  if (tour !== undefined) {
    const world = moneyWorld(cast, null);
    violations.push(...tour.open.violations, ...(await auditTour(cast, copies, world, tour.drains)));
    printWaves(cast);
    say('\nDexes');
    const report = { dexes: cast.market.builderDexes, waves: cast.watch.waves, copies: [...copies.values()].flat(), world, realised };
    for (const line of dexLines({ ...report, largestGaps: tour.open.largestGaps })) say(line);
  } else printWaves(cast);
  printBooks(cast, ending, settlements);
  say('\nInvariants');
  if (tour !== undefined)
    for (const line of ['  while positions were open', ...findingLines(tour.open, [], 'of a lot or more'), '  at the end']) say(line);
  for (const line of findingLines(findings, violations)) say(line);
  say(violations.length === 0 ? '  all hold' : `  ${violations.length} VIOLATIONS`);
  printDoors(cast, ending);
  return violations.length === 0;
}

/** The ledger's money is the venue's, to the last digit, copy by copy and asset by asset. */
function auditMoney(brand: DemoBrand, closed: readonly DemoSettlement[], copies: readonly JudgedCopy[], world: MoneyWorld): readonly Violation[] {
  if (copies.some((copy) => copy.truth.fills.length >= VENUE_FILLS_KEPT)) return [];
  const { rows, byCopy } = booksOf(fileOf(closed));
  return [...copies.flatMap((copy) => judgeMoney(copy, byCopy.get(copy.copyId) ?? new Map(), world)), ...judgeRows(brand.name, rows, copies, world)];
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

function printBooks(cast: Cast, ending: Ending, settlements: Settled): void {
  mkdirSync(ending.resultsDir, { recursive: true });
  say('\nBooks of the brands');
  for (const [brand, closed] of settlements) {
    const csv = fileOf(closed);
    const listed = closed.map(({ id, rows }) => `settlement ${id} with ${rows} rows`).join(', ');
    say(`  ${brand.name}: ${brand.copies.length} copies, markup ${brand.markupBps} bp, ${listed}`);
    for (const asset of new Set(booksOf(csv).rows.map((row) => row.asset))) {
      say(`    in ${asset}`);
      for (const line of feeLines(totalsByName(csv, asset))) say(line);
    }
    for (const one of closed) {
      const file = join(ending.resultsDir, `${brand.name.toLowerCase()}-${one.id}.csv`);
      writeFileSync(file, one.csv);
      writeFileSync(file.replace(/\.csv$/, '.manifest.json'), `${JSON.stringify(one.manifest, null, 2)}\n`);
      say(`    CSV and manifest: ${file}`);
      if (ending.keep) say(`    by the API:       ${cast.stack.gatewayUrl}/v1/settlements/${one.id}/file`);
    }
  }
}

function printDoors({ stack, brands: [brand] }: Cast, { keep }: Ending): void {
  if (brand === undefined) return;
  say(keep ? '\nTo look around' : '\nTo look around (these end with this run; with --keep everything stays up until Ctrl-C)');
  for (const line of doorLines(stack.gatewayUrl, brand)) say(`  ${line}`);
}
