import { type CopyRights, MICRO, planWave, reasonAt, repairPlan, STATUS, takeApproved } from '@lockstep/replication';
import { entryOf, NOW, optionsOf, priceUnits, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { NO_END } from '@lockstep/roster';
import { OUTCOME, REJECT_CODES } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { takeOutcomes, withholdingReason } from './apply-outcomes';
import type { PlannedWave } from './planned-wave';
import { SendState } from './send-state';

/** Why the first order of a copy's wave stays here when these status bits come behind its planning, or so many ms pass after its expiry (an exit's: after its planning). */
function withheldBy(
  bits: number,
  leader: readonly string[],
  { afterExpiryMs = 0, filtered = false, rights = {} as Partial<CopyRights> } = {},
): string | null {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1')));
  const [last = '0', ...before] = [...leader].reverse();
  for (const position of before.reverse()) stage.follow(position);
  const plan = planWave(stage.book, stage.moveTo(last), optionsOf(99, { lastNonce: stage.lastNonce }));
  stage.book.setStatus(row, bits, true);
  stage.book.setRights(row, { entitledUntil: NO_END, consentDueAt: NO_END, ...rights }, NOW);
  if (filtered) stage.book.setSettings(row, settingsOf('1', { instruments: { kind: 'only', coins: ['ETH'] } }), 2);
  const wave = { plan, sheet: stage.sheet, watched: { book: stage.book } } as unknown as PlannedWave;
  const leaving = (plan.orders.expiresAfter[0] || NOW) + afterExpiryMs;
  const reason = withholdingReason(wave, new SendState(plan.orders.count), 0, false, leaving);
  return reason === 0 ? null : reasonAt(reason);
}

describe('what stops risk in the middle of a wave', () => {
  it.each([
    ['a loss limit that halts', STATUS.lossHalt, 'breaker'],
    ['a copy that begins to wind down', STATUS.windingDown, 'winding_down'],
    ['a pause', STATUS.paused, 'paused'],
    ['a limit that is passed by what is held', STATUS.limitHalt, 'state_limit'],
    ['limits from above that cannot be read', STATUS.policyBlocked, 'policy'],
  ] as const)('%s keeps entries that have not left, and no exit', (_what, bits, reason) => {
    expect(withheldBy(bits, ['10'])).toBe(reason);
    expect(withheldBy(bits, ['10', '0'])).toBeNull();
  });

  it('a hand-over keeps exits too: what the copy holds is to be the follower’s own', () => {
    expect(withheldBy(STATUS.handingOver, ['10'])).toBe('handing_over');
    expect(withheldBy(STATUS.handingOver, ['10', '0'])).toBe('handing_over');
  });

  it.each([
    ['entitlement', 'entitledUntil'],
    ['consent', 'consentDueAt'],
  ] as const)('%s that ends meanwhile keeps entries from its moment on, and no exit', (reason, right) => {
    const leaves = NOW + 1_900;
    expect(withheldBy(0, ['10'], { rights: { [right]: leaves + 1 } })).toBeNull();
    expect(withheldBy(0, ['10'], { rights: { [right]: leaves } })).toBe(reason);
    expect(withheldBy(0, ['10', '0'], { rights: { [right]: NOW } })).toBeNull();
  });

  it('a filter that was narrowed since keeps entries, and no exit', () => {
    expect(withheldBy(0, ['10'], { filtered: true })).toBe('instrument_filter');
    expect(withheldBy(0, ['10', '0'], { filtered: true })).toBeNull();
  });
});

describe('a wave that is slow to be written down', () => {
  it('sends no entry after its own expiry, and every exit', () => {
    expect(withheldBy(0, ['10'])).toBeNull();
    expect(withheldBy(0, ['10'], { afterExpiryMs: 1 })).toBe('stale_move');
    expect(withheldBy(0, ['10', '0'], { afterExpiryMs: 60_000 })).toBeNull();
  });
});

describe('the answer to an entry that left for an approval', () => {
  /** What is owed, in lots, once an entry of 30 for one approval is refused that was written down `decidedMs` after the approval of 20 that followed it. */
  const owedBehind = (decidedMs: number) => {
    const stage = new Stage();
    const { book, sheet } = stage;
    const row = stage.add(entryOf(1, settingsOf('1', { approveWithinMs: 60_000 })));
    const leads = (to: string) => planWave(book, stage.moveTo(to), optionsOf(1, { lastNonce: stage.lastNonce }));
    const repairAt = (now: number) => {
      sheet.markAt = now;
      return repairPlan(book, sheet, 900, optionsOf(900, { now, lastNonce: stage.lastNonce }));
    };
    const approve = (now: number, lots: number) =>
      takeApproved(book, sheet, row, { buy: true, micro: lots * MICRO, price: priceUnits('100') }, { now, until: now + 10_000 });
    leads('10');
    approve(NOW, 30);
    const { plan } = repairAt(NOW + 1);
    approve(NOW + 10_000, 20);
    const state = new SendState(plan.orders.count);
    state.outcome[0] = OUTCOME.rejected;
    state.rejectCode[0] = REJECT_CODES.indexOf('ioc_no_match');
    const copy = { row, watched: { book }, account: { index: 0 }, group: { index: 3 } };
    const ctx = { registry: { copies: new Map([[1, copy]]) }, openOrders: { ofAccount: () => [] }, doubts: { take: () => undefined } };
    const wave = { plan, sheet, watched: { book } } as unknown as PlannedWave;
    takeOutcomes(ctx as unknown as EngineContext, wave, state, Int32Array.of(0), new Map([[3, NOW + 10_000 + decidedMs]]));
    const next = repairAt(NOW + 10_500);
    return { entered: next.plan.orders.lots[0] ?? 0, forfeited: next.forfeits.map(({ amount }) => amount / MICRO) };
  };

  it('gives up what it left where a newer approval is owed by then, which enters what it names', () => {
    expect(owedBehind(-1)).toEqual({ entered: 20, forfeited: [30] });
  });

  it('leaves what it left to be entered again inside its own approval', () => {
    expect(owedBehind(0)).toEqual({ entered: 50, forfeited: [] });
  });
});
