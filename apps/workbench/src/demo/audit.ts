import { formatDecimal, parseDecimal, parsePrice, unwrap } from '@lockstep/kernel';
import { z } from 'zod';
import type { SimControl } from '../client/sim-control';
import { type DemoBrand, type DemoCopy, inParallel, readAll } from './brand';
import {
  type AccountTruth,
  BESIDE_RULE,
  BOOKS_RULE,
  type Findings,
  FUNDING_RULE,
  type JudgedCopy,
  judgeCopy,
  LEVERAGE_RULE,
  noFindings,
  openGaps,
  type ToldPosition,
  type Violation,
  type World,
} from './judge';
import type { DemoLeader } from './leaders';
import { type MarkPoint, marksBetween } from './marks';

const heldLeverage = z.object({ type: z.enum(['cross', 'isolated']), value: z.number() });
const clearinghouse = z.object({ assetPositions: z.array(z.object({ position: z.object({ coin: z.string(), leverage: heldLeverage }) })) });
const truthRow = z.object({
  spot: z.record(z.string(), z.string()),
  dexes: z.array(
    z.object({ dex: z.string(), cash: z.string(), positions: z.array(z.object({ coin: z.string(), szi: z.string() })), state: clearinghouse }),
  ),
  orders: z.array(z.object({ order: z.object({ coin: z.string(), oid: z.number(), limitPx: z.string() }) })),
  fills: z.array(
    z.object({
      coin: z.string(),
      side: z.enum(['A', 'B']),
      px: z.string(),
      sz: z.string(),
      startPosition: z.string(),
      time: z.number(),
      oid: z.number(),
      fee: z.string(),
      builderFee: z.string().default('0'),
      feeToken: z.string(),
      closedPnl: z.string(),
    }),
  ),
  fundings: z.array(z.object({ coin: z.string(), time: z.number(), usdc: z.string() })),
});
const positionRow = z.object({
  coin: z.string(),
  position: z.string(),
  target: z.string(),
  dust_pending: z.boolean(),
  user_closed: z.boolean(),
  last_wave_id: z.string(),
  funding: z.string(),
});
const positionsAnswer = z.object({ data: z.array(positionRow) });
const receiptAnswer = z.object({ parts: z.array(z.object({ coin: z.string(), decision: z.string() })) });

const READS_AT_ONCE = 8;
/** Decisions that say that everything was ordered: they explain no gap. */
const ORDERED: ReadonlySet<string> = new Set(['planned', 'planned_capped', 'no_change']);
/**
 * Rules that repair, or what the engine does behind the waves, may still make good. An order of repair may also leave between the two readings of one
 * look, the API's answer and the venue's books: then these differ in what it filled.
 */
const PASSING: ReadonlySet<string> = new Set([
  'every gap has a reason',
  'leader flat: copy flat or dust_pending',
  BOOKS_RULE,
  BESIDE_RULE,
  FUNDING_RULE,
  LEVERAGE_RULE,
]);
const POLL_MS = 1_000;

export interface AuditInput {
  readonly brands: readonly DemoBrand[];
  readonly control: SimControl;
  readonly leaderFlat: World['leaderFlat'];
  readonly mids: () => Promise<World['mids']>;
  readonly szDecimals: World['szDecimals'];
  readonly mostLeverage: World['mostLeverage'];
  readonly toTheLot: boolean;
  readonly fundingDue: boolean;
  readonly leverageDue: boolean;
  /** The token that money paid into a purse is counted in. */
  readonly assetOfPurse: (purse: string) => string;
  /** How long repair may still be at work, in ms: the longest catch-up window. */
  readonly repairMaxMs: number;
  readonly settle: () => Promise<void>;
}

export interface Audit<B = DemoBrand> {
  readonly findings: Findings;
  readonly copies: ReadonlyMap<B, readonly JudgedCopy[]>;
}

/**
 * Holds every copy against the venue's own books. Gaps that nothing explains yet, or a reason that may pass, may still be under repair, and its orders
 * would change the books behind the look: they are looked at again until the longest catch-up window has passed, and the last look decides.
 */
export function auditCopies(input: AuditInput): Promise<Audit> {
  return auditAtRest(input, () => auditOnce(input));
}

/** As {@link auditCopies}, of what `look` finds; `pollMs` lies between two looks. */
export async function auditAtRest(
  { settle, repairMaxMs }: Pick<AuditInput, 'settle' | 'repairMaxMs'>,
  look: () => Promise<Audit>,
  pollMs = POLL_MS,
): Promise<Audit> {
  const until = Date.now() + repairMaxMs;
  for (;;) {
    await settle();
    const audit = await look();
    const { violations, passingGaps } = audit.findings;
    const open = passingGaps > 0 || violations.some(({ rule }) => PASSING.has(rule));
    if (!open || Date.now() >= until) return audit;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function auditOnce(input: AuditInput): Promise<Audit> {
  const mids = await input.mids();
  const copied = new Map<DemoBrand, JudgedCopy[]>();
  for (const brand of input.brands) {
    const read: JudgedCopy[] = [];
    await inParallel(brand.copies, READS_AT_ONCE, async (copy) => void read.push(await readCopy(brand, copy, input)));
    copied.set(brand, read);
  }
  const reasons = new Map<string, string>();
  const world: World = {
    leaderFlat: input.leaderFlat,
    mids,
    szDecimals: input.szDecimals,
    mostLeverage: input.mostLeverage,
    toTheLot: input.toTheLot,
    fundingDue: input.fundingDue,
    leverageDue: input.leverageDue,
    marks: await readMarks(copied, input.control),
    reasonOf: (copyId, coin) => reasons.get(`${copyId} ${coin}`) ?? null,
  };
  const findings = noFindings();
  for (const [brand, copies] of copied) {
    await inParallel(copies, READS_AT_ONCE, async (copy) => {
      for (const told of openGaps(copy, world)) {
        const reason = await reasonFor(brand, copy, told);
        if (reason !== null) reasons.set(`${copy.copyId} ${told.coin}`, reason);
      }
      judgeCopy(copy, world, findings);
    });
  }
  return { findings, copies: copied };
}

/** Every mark of the coins that any copy traded. Read after the fills, so that none of them is newer. */
async function readMarks(copied: ReadonlyMap<DemoBrand, readonly JudgedCopy[]>, control: SimControl): Promise<World['marks']> {
  const coins = new Set([...copied.values()].flat().flatMap((copy) => copy.truth.fills.map((fill) => fill.coin)));
  const histories = new Map<string, readonly MarkPoint[]>();
  for (const coin of coins) {
    const marks = await control.marks(coin);
    histories.set(
      coin,
      marks.map(([time, price]) => ({ time, price: unwrap(parsePrice(price), 'a mark of the venue') })),
    );
  }
  return marksBetween(histories);
}

async function readCopy(brand: DemoBrand, copy: DemoCopy, { control, assetOfPurse }: AuditInput): Promise<JudgedCopy> {
  const { data } = positionsAnswer.parse(await brand.api.must('GET', `/v1/positions?copy_id=${copy.copyId}`));
  const { copyId, leaderId, limits } = copy;
  const paid = new Map<string, bigint>();
  for (const [purse, amount] of copy.paid) paid.set(assetOfPurse(purse), (paid.get(assetOfPurse(purse)) ?? 0n) + amount);
  return { brand: brand.name, copyId, leaderId, limits, paid, told: data, truth: await truthOf(control, copy.address) };
}

/** An account in the venue's own books; an address the venue never met holds nothing. */
export async function truthOf(control: SimControl, address: string): Promise<AccountTruth> {
  const [row] = await control.truth('all', address);
  if (row === undefined)
    return { cash: new Map(), spot: new Map(), isolated: new Map(), ordered: [], positions: new Map(), fills: [], fundings: [], limits: new Map() };
  const read = truthRow.parse(row);
  return {
    cash: new Map(read.dexes.map(({ dex, cash }) => [dex, cash])),
    spot: new Map(Object.entries(read.spot)),
    isolated: new Map(
      read.dexes
        .flatMap(({ state }) => state.assetPositions)
        .flatMap(({ position: { coin, leverage } }) => (leverage.type === 'isolated' ? [[coin, leverage.value] as const] : [])),
    ),
    ordered: read.orders.map(({ order }) => order.coin),
    positions: new Map(read.dexes.flatMap((dex) => dex.positions).map(({ coin, szi }) => [coin, szi])),
    fills: read.fills,
    fundings: read.fundings,
    limits: new Map(read.orders.map(({ order }) => [order.oid, order.limitPx])),
  };
}

/** The decision on record for the wave that last spoke about this position. */
async function reasonFor(brand: DemoBrand, copy: Pick<DemoCopy, 'copyId'>, told: ToldPosition): Promise<string | null> {
  const answer = await brand.api.call('GET', `/v1/copies/${copy.copyId}/receipts/${told.last_wave_id}`);
  if (answer.status !== 200) return null;
  const decision = receiptAnswer.parse(answer.body).parts.findLast((part) => part.coin === told.coin)?.decision;
  return decision === undefined || ORDERED.has(decision) ? null : decision;
}

/** The leaders hold at the venue what the scenario led them to: otherwise (a liquidation, a refused fill) nothing proven of the copies means what it says. */
export async function auditLeaders(leaders: readonly DemoLeader[], control: SimControl, szDecimals: World['szDecimals']): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const leader of leaders) {
    const { positions } = await truthOf(control, leader.address);
    for (const coin of new Set([...positions.keys(), ...leader.held.keys()])) {
      const led = formatDecimal(leader.held.get(coin) ?? 0n, szDecimals(coin));
      const holds = formatDecimal(unwrap(parseDecimal(positions.get(coin) ?? '0', szDecimals(coin)), 'a size of the venue'), szDecimals(coin));
      if (holds !== led)
        violations.push({ rule: 'the leader stands where it was led', detail: `${leader.name} ${coin}: led to ${led}, holds ${holds}` });
    }
  }
  return violations;
}

/** Foreign objects are not there: each brand asks for the other's copies, orders and settlements and gets the one 404. */
export async function auditIsolation(brands: readonly DemoBrand[], settlements: ReadonlyMap<DemoBrand, string>): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const brand of brands) {
    const own = new Set(brand.copies.map((copy) => copy.copyId));
    const seen = await readAll(brand.api, '/v1/copies', z.object({ id: z.string() }));
    if (seen.length !== own.size || seen.some((copy) => !own.has(copy.id)))
      violations.push({ rule: 'each brand sees only its own', detail: `${brand.name} lists ${seen.length} copies, has ${own.size}` });
    for (const other of brands) {
      if (other !== brand) violations.push(...(await foreignReads(brand, other, settlements.get(other))));
    }
  }
  return violations;
}

async function foreignReads(brand: DemoBrand, other: DemoBrand, settlement: string | undefined): Promise<Violation[]> {
  const copyId = other.copies[0]?.copyId;
  const paths = [
    ...(copyId === undefined ? [] : [`/v1/copies/${copyId}`, `/v1/copies/${copyId}/receipts`, `/v1/orders?copy_id=${copyId}`]),
    ...(settlement === undefined ? [] : [`/v1/settlements/${settlement}`, `/v1/settlements/${settlement}/file`]),
  ];
  const violations: Violation[] = [];
  for (const path of paths) {
    const { status } = await brand.api.call('GET', path);
    if (status !== 404) violations.push({ rule: 'another brand’s object is 404', detail: `${brand.name} GET ${path}: ${status}` });
  }
  return violations;
}
