import { abs, divide, formatMoney, max, money, mulDiv, parseMoney, pow10, UNIT, unwrap } from '@lockstep/kernel';
import { z } from 'zod';
import type { SimControl } from '../client/sim-control';
import { type DemoBrand, type DemoCopy, inParallel, readAll } from './brand';

const truthRow = z.object({
  address: z.string(),
  dexes: z.array(z.object({ positions: z.array(z.object({ coin: z.string(), szi: z.string() })) })),
  fills: z.array(z.object({ coin: z.string(), side: z.enum(['A', 'B']), px: z.string(), sz: z.string(), startPosition: z.string() })),
});
export type Truth = z.output<typeof truthRow>;
const positionRow = z.object({
  coin: z.string(),
  position: z.string(),
  target: z.string(),
  forfeited: z.string(),
  forfeit_reason: z.string().nullable(),
  dust_pending: z.boolean(),
  user_closed: z.boolean(),
});
const positionsAnswer = z.object({ data: z.array(positionRow) });
const receiptsAnswer = z.object({ data: z.array(z.object({ coin: z.string(), decision: z.string() })) });

/** One broken promise, named so that somebody can look at it. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

export interface Findings {
  readonly violations: Violation[];
  /** Largest gap in money between target and position that had to be explained. */
  largestGapUsd: bigint;
  explainedGaps: number;
  copiesChecked: number;
}

/** The venue's own books, by address. */
export async function readTruth(control: SimControl): Promise<ReadonlyMap<string, Truth>> {
  const rows = await control.truth('all');
  return new Map(rows.map((row) => truthRow.parse(row)).map((row) => [row.address, row]));
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');
const MIN_NOTIONAL_USD = 10n * UNIT;

export interface AuditInput {
  readonly brands: readonly DemoBrand[];
  readonly truth: ReadonlyMap<string, Truth>;
  readonly leaderFlat: (leaderId: string, coin: string) => boolean;
  readonly mids: Readonly<Record<string, string>>;
  readonly szDecimals: (coin: string) => number;
}

/** Holds what the API says of every copy against the venue's own books and the product's promises. */
export async function auditCopies(input: AuditInput): Promise<Findings> {
  const findings: Findings = { violations: [], largestGapUsd: 0n, explainedGaps: 0, copiesChecked: 0 };
  for (const brand of input.brands) await inParallel(brand.copies, 8, (copy) => auditCopy(input, brand, copy, findings));
  return findings;
}

async function auditCopy(input: AuditInput, brand: DemoBrand, copy: DemoCopy, findings: Findings): Promise<void> {
  const truth = input.truth.get(copy.address);
  const { data } = positionsAnswer.parse(await brand.api.must('GET', `/v1/positions?copy_id=${copy.copyId}`));
  const held = new Map((truth?.dexes ?? []).flatMap((dex) => dex.positions).map((position) => [position.coin, units(position.szi)]));
  findings.copiesChecked += 1;
  for (const position of data) {
    const actual = held.get(position.coin) ?? 0n;
    held.delete(position.coin);
    const where = `${brand.name} ${copy.copyId} ${position.coin}`;
    if (actual !== units(position.position))
      report(findings, 'the API shows what the venue holds', `${where}: API ${position.position}, venue ${formatMoney(money(actual))}`);
    const flat = input.leaderFlat(copy.leaderId, position.coin);
    if (flat && actual !== 0n && !position.dust_pending)
      report(findings, 'leader flat: copy flat or dust_pending', `${where}: ${formatMoney(money(actual))}`);
    await checkGap(input, brand, copy, position, actual, findings);
  }
  for (const [coin, size] of held)
    if (size !== 0n) report(findings, 'no orphan position', `${brand.name} ${copy.copyId} ${coin}: ${formatMoney(money(size))}`);
  checkLimit(copy, brand, truth, findings);
}

async function checkGap(
  input: AuditInput,
  brand: DemoBrand,
  copy: DemoCopy,
  position: z.output<typeof positionRow>,
  actual: bigint,
  findings: Findings,
): Promise<void> {
  const price = units(input.mids[position.coin] ?? '1');
  const lot = pow10(8 - input.szDecimals(position.coin));
  const gap = abs(units(position.target) - actual);
  const allowed = max(lot, divide(MIN_NOTIONAL_USD * UNIT, price, 'up'));
  if (gap <= allowed) return;
  findings.largestGapUsd = max(findings.largestGapUsd, mulDiv(gap, price, UNIT, 'zero'));
  const receipts = receiptsAnswer.parse(await brand.api.must('GET', `/v1/copies/${copy.copyId}/receipts?limit=50`));
  const reason =
    position.forfeit_reason ??
    (position.user_closed ? 'user_closed' : null) ??
    receipts.data.find((receipt) => receipt.coin === position.coin)?.decision ??
    null;
  if (reason === null || reason === 'ordered')
    report(
      findings,
      'every gap has a reason',
      `${brand.name} ${copy.copyId} ${position.coin}: target ${position.target}, position ${position.position}`,
    );
  else findings.explainedGaps += 1;
}

/** From the venue's fills: no fill that increased a position left it above the copy's cap at its own price. */
function checkLimit(copy: DemoCopy, brand: DemoBrand, truth: Truth | undefined, findings: Findings): void {
  if (copy.maxNotional === null) return;
  const cap = units(copy.maxNotional);
  for (const fill of truth?.fills ?? []) {
    const before = units(fill.startPosition);
    const after = before + (fill.side === 'B' ? units(fill.sz) : -units(fill.sz));
    const notional = mulDiv(abs(after), units(fill.px), UNIT, 'zero');
    if (abs(after) > abs(before) && notional > cap)
      report(findings, 'position cap', `${brand.name} ${copy.copyId} ${fill.coin}: ${formatMoney(money(notional))} above ${copy.maxNotional}`);
  }
}

/** Foreign objects are not there: each brand asks for the other's copies, orders' copies and settlements and gets the one 404. */
export async function auditIsolation(brands: readonly DemoBrand[], settlements: ReadonlyMap<DemoBrand, string>): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const brand of brands) {
    const own = new Set(brand.copies.map((copy) => copy.copyId));
    const seen = await readAll(brand.api, '/v1/copies', z.object({ id: z.string() }));
    if (seen.length !== own.size || seen.some((copy) => !own.has(copy.id)))
      violations.push({ rule: 'each brand sees only its own', detail: `${brand.name} lists ${seen.length} copies, has ${own.size}` });
    for (const other of brands) {
      if (other === brand) continue;
      const foreign = other.copies[0]?.copyId ?? '';
      const paths = [
        `/v1/copies/${foreign}`,
        `/v1/copies/${foreign}/receipts`,
        `/v1/orders?copy_id=${foreign}`,
        `/v1/settlements/${settlements.get(other)}`,
        `/v1/settlements/${settlements.get(other)}/file`,
      ];
      for (const path of paths) {
        const { status } = await brand.api.call('GET', path);
        if (status !== 404) violations.push({ rule: 'another brand’s object is 404', detail: `${brand.name} GET ${path}: ${status}` });
      }
    }
  }
  return violations;
}

function report(findings: Findings, rule: string, detail: string): void {
  findings.violations.push({ rule, detail });
}
