import { unwrap } from '@lockstep/kernel';
import type { CopySettings } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { encodeJournal, wholeSlice } from './journal';
import { decodeJournal, type JournalRow } from './journal-decode';
import { type DecisionCheck, type RecomputeTerms, recomputeDecision } from './recompute';
import { repackJournal } from './repack';
import { repairPlan } from './repair';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, rateOf, Stage, settingsOf, sizeOf } from './testing/book-builder';
import { TIF_GTC, type WavePlan } from './wave-plan';

const STAMP = { instance: 7, m0: 1.25, m1: 2.5, m2: 3, forecastEnd: 0 };
const NO_CAPS = settingsOf('1').caps;
/** One copy of each way to follow, some with a cap. */
const WAYS: readonly Partial<CopySettings>[] = [
  {},
  { caps: { ...NO_CAPS, maxPositionSize: sizeOf('5') } },
  { caps: { ...NO_CAPS, maxPositionNotional: dollars(700) } },
  { mode: { kind: 'fixed_amount', amount: dollars(137), maxAdds: 3 } },
  { mode: { kind: 'fixed_amount', amount: dollars(90), maxAdds: null }, direction: 'inverse' },
  { follow: 'increases_only' },
  { follow: 'increases_only', direction: 'inverse' },
  { follow: 'decreases_only' },
  { direction: 'inverse' },
  { mode: { kind: 'risk_normalised', multiplier: rateOf('7'), targetVolatility: rateOf('0.5'), scaleLeast: rateOf('0.5'), scaleMost: rateOf('2') } },
];
const STATUSES = [STATUS.active | STATUS.paused, STATUS.active | STATUS.staleTruth, 0, STATUS.active | STATUS.windingDown];

function stageOf(): { readonly stage: Stage; readonly settings: readonly CopySettings[] } {
  const stage = new Stage(instrumentOf('BTC', 2));
  const settings = [...WAYS, ...STATUSES].map((_, index) =>
    settingsOf(`0.${(index % 9) + 1}37`, { catchUpMs: 30_000, maxAgeMs: 2_000, ...WAYS[index] }),
  );
  settings.forEach((own, index) => {
    const status = STATUSES[index - WAYS.length] ?? STATUS.active;
    stage.add(entryOf(index + 1, own, { status, allocation: dollars(50_000), realEquity: dollars(50_000) }));
  });
  return { stage, settings };
}

const packed = (plan: WavePlan): Uint8Array => encodeJournal(plan, wholeSlice(plan), STAMP);
const readBack = (bytes: Uint8Array): JournalRow => unwrap(decodeJournal(bytes), 'the journal row');
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const differing = (checks: readonly DecisionCheck[]): readonly DecisionCheck[] => checks.filter(({ verdict }) => verdict === 'differs');

/** Recomputes every decision of a plan from its packed bytes; remembers the references of entries as whoever reads a journal would. */
class Reader {
  readonly verdicts = new Map<string, number>();
  private readonly owed = new Map<number, number>();

  constructor(private readonly settings: readonly CopySettings[]) {}

  read(plan: WavePlan, move: RecomputeTerms['move']): void {
    const bytes = packed(plan);
    const row = readBack(bytes);
    expect(same(repackJournal(row), bytes)).toBe(true);
    for (let index = 0; index < row.decisions.count; index += 1) {
      const copyNo = at(row.decisions.copyNo, index);
      const checks = recomputeDecision(row, index, { settings: at(this.settings, copyNo - 1), move, owedPrice: this.owed.get(copyNo) ?? 0 });
      expect(differing(checks)).toEqual([]);
      expect(same(repackJournal(row, index, checks), bytes)).toBe(true);
      for (const { what, verdict } of checks) this.verdicts.set(`${what} ${verdict}`, (this.verdicts.get(`${what} ${verdict}`) ?? 0) + 1);
    }
    for (let order = 0; order < row.orders.count; order += 1)
      if (row.orders.exit[order] === 0) this.owed.set(at(row.orders.copyNo, order), at(row.orders.reference, order));
  }
}

const turn = fc.record({
  leader: fc.integer({ min: -40, max: 40 }),
  ageMs: fc.constantFrom(100, 1_000, 5_000, 60_000),
  filled: fc.integer({ min: 0, max: 4 }),
  price: fc.constantFrom('90', '99.9', '100', '104'),
  repairAfterMs: fc.constantFrom(0, 1_000, 40_000),
  newOrders: fc.integer({ min: 0, max: 2 }),
  volatility: fc.constantFrom(null, rateOf('0.8')),
});

describe('a decision recomputed from its journal bytes', { timeout: 60_000 }, () => {
  it('is what was journaled, over random leader paths, caps, refusals, partial fills and repairs', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 10 }), (turns) => {
        const { stage, settings } = stageOf();
        const reader = new Reader(settings);
        let now = NOW;
        let repairWave = 1_000;
        for (const { leader, ageMs, filled, price, repairAfterMs, newOrders, volatility } of turns) {
          now += 1_000;
          stage.sheet.markAt = now;
          const move = { incrementPrice: priceOf(price), lastPrice: priceOf(price), newOrders };
          const firstFillAt = now - ageMs;
          const plan = stage.plan(String(leader), { now, leaderVolatility: volatility }, { ...move, firstFillAt, lastFillAt: firstFillAt });
          reader.read(plan, { incrementPrice: Number(move.incrementPrice), lastPrice: Number(move.lastPrice), newOrders });
          for (let order = 0; order < plan.orders.count; order += 1)
            stage.fillOrder(plan, order, Math.floor((at(plan.orders.lots, order) * filled) / 4));
          if (repairAfterMs === 0) continue;
          now += repairAfterMs;
          stage.sheet.markAt = now;
          repairWave += 1;
          const repair = repairPlan(stage.book, stage.sheet, repairWave, optionsOf(repairWave, { now, lastNonce: stage.lastNonce })).plan;
          reader.read(repair, null);
          for (let order = 0; order < repair.orders.count; order += 1) stage.fillOrder(repair, order, at(repair.orders.lots, order));
        }
        for (const [verdict, times] of reader.verdicts) seen.set(verdict, (seen.get(verdict) ?? 0) + times);
      }),
      { numRuns: 100 },
    );
    // What was never recomputed proves nothing.
    for (const what of ['target', 'entry_lots', 'exit_lots', 'side', 'price', 'reference', 'expiry', 'nonce'])
      expect(seen.get(`${what} equal`) ?? 0, what).toBeGreaterThan(100);
  });

  const terms = (settings: CopySettings): RecomputeTerms => ({
    settings,
    move: { incrementPrice: Number(priceOf('100')), lastPrice: Number(priceOf('100')), newOrders: 1 },
    owedPrice: 0,
  });
  const settings = settingsOf('0.5', { maxAgeMs: 2_000 });
  const opened = (): JournalRow => {
    const stage = new Stage(instrumentOf('BTC', 2));
    stage.add(entryOf(1, settings));
    return readBack(packed(stage.plan('10')));
  };

  it('proves every value of a plain entry but those of its signer', () => {
    const checks = recomputeDecision(opened(), 0, terms(settings));
    expect(checks.map(({ what, verdict }) => `${what} ${verdict}`)).toEqual([
      'target equal',
      'exit_lots equal',
      'entry_lots equal',
      'side equal',
      'class equal',
      'reduce_only equal',
      'tif equal',
      'reference equal',
      'price equal',
      'expiry equal',
      'nonce equal',
    ]);
  });

  const one = (value: number): Float64Array => Float64Array.of(value);
  it.each([
    ['target', (row: JournalRow) => ({ ...row, decisions: { ...row.decisions, targetAfter: one(5_000_000_001) } })],
    ['target', (row: JournalRow) => ({ ...row, decisions: { ...row.decisions, kappa: one(600_000_000_000) } })],
    [
      'entry_lots',
      (row: JournalRow) => ({ ...row, decisions: { ...row.decisions, entryLots: one(501) }, orders: { ...row.orders, lots: one(501) } }),
    ],
    ['entry_lots', (row: JournalRow) => ({ ...row, orders: { ...row.orders, lots: one(499) } })],
    ['side', (row: JournalRow) => ({ ...row, orders: { ...row.orders, buy: Uint8Array.of(0) } })],
    ['price', (row: JournalRow) => ({ ...row, orders: { ...row.orders, price: one(10_200_000_000) } })],
    ['reference', (row: JournalRow) => ({ ...row, orders: { ...row.orders, reference: one(10_000_000_100) } })],
    ['expiry', (row: JournalRow) => ({ ...row, orders: { ...row.orders, expiresAfter: one(NOW) } })],
    ['reduce_only', (row: JournalRow) => ({ ...row, orders: { ...row.orders, reduceOnly: Uint8Array.of(1) } })],
    ['nonce', (row: JournalRow) => ({ ...row, orders: { ...row.orders, nonce: one(NOW - 1) } })],
  ] as const)('says that %s differs when the row says something else', (what, change) => {
    const row = change(opened());
    const checks = recomputeDecision(row, 0, terms(settings));
    expect(differing(checks).map((check) => check.what)).toContain(what);
    expect(repackJournal(row, 0, checks)).not.toEqual(repackJournal(row));
  });

  it.each<[string, 'rest' | 'reject', boolean, string]>([
    ['that asks for it, where the venue knows such orders', 'rest', true, 'admitted'],
    ['that asks for it, where the venue does not', 'rest', false, 'admitted'],
    ['that does not ask for it', 'reject', true, 'equal'],
  ])('knows the time in force of an entry that may rest: of a copy %s', (_what, onBreach, mayRest, verdict) => {
    const resting = settingsOf('0.5', { maxAgeMs: 2_000, slippage: { ...settings.slippage, onBreach } });
    const stage = new Stage(instrumentOf('BTC', 2));
    stage.add(entryOf(1, resting));
    const row = readBack(packed(stage.plan('10', { mayRest })));
    const checks = recomputeDecision(row, 0, terms(resting));
    expect(checks.find(({ what }) => what === 'tif')?.verdict).toBe(verdict);
    expect(differing(checks)).toEqual([]);
    expect(repackJournal(row, 0, checks)).toEqual(repackJournal(row));
  });

  it('says that an entry stands whose copy did not ask for it', () => {
    const row = opened();
    const checks = recomputeDecision({ ...row, orders: { ...row.orders, tif: Uint8Array.of(TIF_GTC) } }, 0, terms(settings));
    expect(differing(checks).map(({ what }) => what)).toEqual(['tif']);
  });

  it('says what is missing where the move is not known', () => {
    const byAmount = settingsOf('1', { mode: { kind: 'fixed_amount', amount: dollars(137), maxAdds: null } });
    const stage = new Stage(instrumentOf('BTC', 2));
    stage.add(entryOf(1, byAmount));
    const checks = recomputeDecision(readBack(packed(stage.plan('10'))), 0, { ...terms(byAmount), move: null });
    expect(checks.filter(({ verdict }) => verdict === 'not_journaled').map(({ what, missing }) => `${what}: ${missing}`)).toEqual([
      'target: the orders and the price of the move',
      'reference: the price of the move',
    ]);
  });
});
