import { type Instrument, money, must, price, rate, size, UNIT } from '@lockstep/kernel';
import {
  applyFill,
  applyOutcome,
  CopyBook,
  EXIT_BAND,
  encodeJournal,
  type InstrumentSheet,
  type Move,
  orderFacts,
  planWave,
  STATUS,
  splitByScope,
  type WavePlan,
} from '@lockstep/replication';
import { gate } from '@lockstep/risk';
import { type Bench, machine, median, option, round } from './report';

const ETH: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'ETH',
  assetId: 1,
  szDecimals: 4,
  maxLeverage: 25,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
const NOW = 1_700_000_000_000;
const PRICE = price(3_000n * UNIT);
const LOT = 10_000n;
const MARK_MAX_AGE_MS = 5_000;
/** The leader's positions in lots: up and down between them, so that entries with caps and exits are both planned. */
const LEADER_LOTS = [400_000, 600_000] as const;

interface Timed {
  readonly planMs: number;
  /** Processor time of the same call, which a loaded machine does not stretch. */
  readonly planCpuMs: number;
  readonly gateMs: number;
  readonly encodeMs: number;
  readonly bytes: number;
}

/** Planning, the gate and the journal's bytes alone: pure calls on this thread, no process and no database. */
export const planBench: Bench = {
  about: 'planning alone, one pure call for N copies, with gate and journal encoding (--followers 10000 --tenants 3 --runs 50)',
  run: async ({ args, say }) => {
    const followers = option(args, 'followers', 10_000, 100_000);
    const tenants = option(args, 'tenants', 3, 50);
    const runs = option(args, 'runs', 50, 10_000);
    const stage = openStage(followers, tenants);
    const timed: Timed[] = [];
    for (let run = 0; run < runs; run += 1) timed.push(planOnce(stage, run));
    const figures = (of: (each: Timed) => number): number[] => timed.map(of);
    say(`${followers} copies: plan ${round(median(figures((each) => each.planMs)))} ms`);
    return {
      bench: 'plan',
      params: { followers, tenants },
      runs,
      machine: machine(),
      metrics: {
        plan_ms_p50: round(median(figures((each) => each.planMs))),
        plan_cpu_ms_p50: round(median(figures((each) => each.planCpuMs))),
        plan_ms_min: round(Math.min(...figures((each) => each.planMs))),
        gate_ms_p50: round(median(figures((each) => each.gateMs))),
        journal_encode_ms_p50: round(median(figures((each) => each.encodeMs))),
        journal_bytes: median(figures((each) => each.bytes)),
      },
      reference: {},
      ratios: {},
    };
  },
};

interface PlanStage {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
  readonly lastNonce: Float64Array;
}

function openStage(followers: number, tenants: number): PlanStage {
  const book = new CopyBook([]);
  const sheet = book.sheet(ETH);
  book.setMark(ETH.coin, PRICE, NOW);
  for (let copyNo = 1; copyNo <= followers; copyNo += 1) {
    book.addCopy({
      copyNo,
      scope: copyNo % tenants,
      venueAccount: copyNo,
      signer: copyNo,
      status: STATUS.active,
      settings: {
        mode: { kind: 'fixed_ratio', ratio: rate(1_000_000_000n) },
        instruments: { kind: 'all' },
        caps: {
          maxPositionSize: size(copyNo % 3 === 0 ? 5_000_000n : 100_000_000n),
          maxPositionNotional: money(1_000n * UNIT),
          maxPositionShare: rate(900_000_000_000n),
          maxLeverage: rate(10_000_000_000_000n),
        },
        slippage: { entryBound: rate(5_000_000_000n), exitBound: rate(20_000_000_000n), onBreach: 'reject' },
        breaker: { fromStart: rate(900_000_000_000n) },
        maxAgeMs: 2_000,
        catchUpMs: 10_000,
        venueLeverage: 10,
      },
      settingsVersion: 1,
      allocation: money(2_000n * UNIT),
      netPnl: money(0n),
      realEquity: money(2_000n * UNIT),
      nav: null,
      basisEquity: null,
      agentValidUntil: NOW + 86_400_000,
      markup: null,
    });
  }
  return { book, sheet, lastNonce: new Float64Array(followers + 1) };
}

/** Plans the next move, has it judged and encoded, and fills every order at the mark. */
function planOnce(stage: PlanStage, run: number): Timed {
  const { book, sheet, lastNonce } = stage;
  const move = moveTo(sheet, LEADER_LOTS[run % 2] ?? 0, run);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const plan = planWave(book, move, {
    wave: run + 1,
    now: NOW,
    instance: 1,
    seed: new Uint8Array(32),
    lastNonce,
    markMaxAgeMs: MARK_MAX_AGE_MS,
    exitBand: EXIT_BAND,
    sendRatePerSecond: 0,
    leaderEquity: money(10_000_000n * UNIT),
  });
  const planned = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const facts = orderFacts(book, plan, NOW, MARK_MAX_AGE_MS);
  must(facts !== null && gate(plan.orders, facts).ok, 'the gate approves what was planned');
  const judged = performance.now();
  const stamp = { instance: 1, m0: NOW - 100, m1: NOW - 50, m2: NOW };
  const bytes = splitByScope(plan).reduce((sum, slice) => sum + encodeJournal(plan, slice, stamp).byteLength, 0);
  const encoded = performance.now();
  fillAll(stage, plan);
  return { planMs: planned - started, planCpuMs: (user + system) / 1_000, gateMs: judged - planned, encodeMs: encoded - judged, bytes };
}

function moveTo(sheet: InstrumentSheet, lots: number, run: number): Move {
  const kind = run === 0 ? 'open' : lots > sheet.leaderLots ? 'increase' : 'reduce';
  const increases = lots > sheet.leaderLots;
  return {
    coin: ETH.coin,
    kind,
    source: 'fills',
    before: size(BigInt(sheet.leaderLots) * LOT),
    after: size(BigInt(lots) * LOT),
    increment: size(increases ? BigInt(lots - sheet.leaderLots) * LOT : 0n),
    incrementPrice: increases ? PRICE : null,
    lastPrice: PRICE,
    firstFillAt: NOW - 100,
    lastFillAt: NOW - 100,
    fills: 1,
  };
}

function fillAll({ book, sheet }: PlanStage, plan: WavePlan): void {
  const { orders } = plan;
  for (let order = 0; order < orders.count; order += 1) {
    const lots = orders.lots[order] ?? 0;
    applyOutcome(book, plan, order, 'filled', lots, 'lasting');
    applyFill(book, sheet, orders.row[order] ?? 0, { buy: orders.buy[order] === 1, lots, price: Number(PRICE), fee: 0 }, true);
  }
}
