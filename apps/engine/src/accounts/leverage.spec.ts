import { money, price, size, UNIT } from '@lockstep/kernel';
import { instrumentOf } from '@lockstep/replication/testing/book-builder';
import type { ActionOutcome, RejectCode, VenuePosition } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { marginLacking, setLeverage } from './leverage';

const ACCEPTED: ActionOutcome = { kind: 'accepted', response: null };
const refused = (code: RejectCode): ActionOutcome => ({ kind: 'rejected', code, text: code });

/** Sets leverage where the venue answers cross and isolated like this; tells what was asked and how it ended. */
async function asked(onlyIsolated: boolean, cross: ActionOutcome, isolated: ActionOutcome): Promise<readonly [string, string]> {
  const modes: string[] = [];
  const updateLeverage = async (_signer: number, _nonce: number, _instrument: unknown, _to: number, isCross: boolean) => {
    modes.push(isCross ? 'cross' : 'isolated');
    return isCross ? cross : isolated;
  };
  const network = { venue: { orders: { updateLeverage } }, sends: { take: () => undefined } };
  const ctx = { clocks: new TestClocks(), nonces: { next: () => 1 }, clock: { now: () => 1 } } as unknown as EngineContext;
  const end = await setLeverage(ctx, { signer: 0, network } as unknown as AccountRecord, { ...instrumentOf('X', 2, 10), onlyIsolated }, 5);
  return [modes.join(), end.kind === 'set' ? `set/${end.cross ? 'cross' : 'isolated'}` : end.kind];
}

describe('leverage of an instrument', () => {
  it.each<[string, boolean, ActionOutcome, ActionOutcome, string, string]>([
    ['is set in cross margin', false, ACCEPTED, ACCEPTED, 'cross', 'set/cross'],
    ['is set in isolated margin where nothing else is admitted', true, ACCEPTED, ACCEPTED, 'isolated', 'set/isolated'],
    ['is set in the mode an open position stands in', false, refused('margin_mode_locked'), ACCEPTED, 'cross,isolated', 'set/isolated'],
    ['is set in isolated margin where the list did not say so yet', false, refused('cross_not_allowed'), ACCEPTED, 'cross,isolated', 'set/isolated'],
    ['that the account cannot bear is refused', false, refused('leverage_margin'), ACCEPTED, 'cross', 'refused'],
    ['refused in both modes is refused', false, refused('margin_mode_locked'), refused('leverage_margin'), 'cross,isolated', 'refused'],
    ['that never left is asked for again', false, refused('not_sent'), ACCEPTED, 'cross', 'unknown'],
    ['that met a busy venue is asked for again', false, refused('ip_rate_limited'), ACCEPTED, 'cross', 'unknown'],
    ['whose nonce was spent is asked for again', false, refused('nonce_duplicate'), ACCEPTED, 'cross', 'unknown'],
    ['without an answer is not known', false, { kind: 'unknown', detail: 'x' }, ACCEPTED, 'cross', 'unknown'],
  ])('%s', async (_name, onlyIsolated, cross, isolated, modes, end) => {
    expect(await asked(onlyIsolated, cross, isolated)).toEqual([modes, end]);
  });
});

const isolated = (overrides: Partial<VenuePosition> = {}): VenuePosition => ({
  coin: 'X',
  size: size(10n * UNIT),
  entryPrice: price(100n * UNIT),
  leverage: 20,
  cross: false,
  marginUsed: money(50n * UNIT),
  unrealisedPnl: money(0n),
  ...overrides,
});

describe('margin of an isolated position for a lower leverage', () => {
  it.each<[string, Partial<VenuePosition>, bigint]>([
    ['is what a fifth of its value and the slack come to, less what it holds', {}, 152n * UNIT],
    ['counts a gain of a long in value and margin alike', { unrealisedPnl: money(100n * UNIT), marginUsed: money(150n * UNIT) }, (722n * UNIT) / 10n],
    ['counts a gain of a short as less value', { size: size(-10n * UNIT), unrealisedPnl: money(100n * UNIT) }, (1_318n * UNIT) / 10n],
    ['is rounded up to a millionth', { marginUsed: money(50n * UNIT - 1n) }, 152n * UNIT + 100n],
    ['is not taken back', { marginUsed: money(300n * UNIT) }, -98n * UNIT],
  ])('%s', (_name, overrides, lacking) => {
    expect(marginLacking(isolated(overrides), 5)).toBe(lacking);
  });

  /** What is sent where a position at 20 is to stand at 5 and the venue refuses until it holds the margin. */
  async function filledUp(position: VenuePosition | null, added: ActionOutcome, onlyIsolated = true) {
    const sent: string[] = [];
    let holds = false;
    const venue = {
      orders: {
        updateLeverage: async (_signer: number, _nonce: number, _instrument: unknown, to: number, isCross: boolean) => {
          sent.push(`${isCross ? 'cross' : 'isolated'} ${to}`);
          return holds ? ACCEPTED : refused('leverage_margin');
        },
      },
      workingOrders: {
        changeIsolatedMargin: async (_signer: number, _nonce: number, _instrument: unknown, change: bigint) => {
          sent.push(`margin ${change / UNIT}`);
          holds = added.kind === 'accepted';
          return added;
        },
      },
      truth: { account: async () => ({ ok: true, value: { positions: position === null ? [] : [position] } }) },
    };
    const ctx = { nonces: { next: () => 1 }, clock: { now: () => 1 }, truthReads: { run: (read: () => unknown) => read() } };
    const account = { signer: 0, network: { venue } } as unknown as AccountRecord;
    const end = await setLeverage(ctx as unknown as EngineContext, account, { ...instrumentOf('X', 2, 10), onlyIsolated }, 5);
    return { sent, end: end.kind };
  }

  it.each<[string, VenuePosition | null, ActionOutcome, boolean, readonly string[], string]>([
    ['is put in, and the leverage set after it', isolated(), ACCEPTED, true, ['isolated 5', 'margin 152', 'isolated 5'], 'set'],
    ['the account does not have leaves the refusal', isolated(), refused('other'), true, ['isolated 5', 'margin 152'], 'refused'],
    ['without an answer is asked about again later', isolated(), { kind: 'unknown', detail: 'x' }, true, ['isolated 5', 'margin 152'], 'unknown'],
    ['is not touched where nothing is held', null, ACCEPTED, true, ['isolated 5'], 'refused'],
    ['is not touched where the position is a cross one', isolated({ cross: true }), ACCEPTED, true, ['isolated 5'], 'refused'],
    [
      'put in by somebody else meanwhile is enough to ask again',
      isolated({ marginUsed: money(300n * UNIT) }),
      ACCEPTED,
      true,
      ['isolated 5', 'isolated 5'],
      'refused',
    ],
    ['is no matter of cross margin', isolated(), ACCEPTED, false, ['cross 5'], 'refused'],
  ])('%s', async (_name, position, added, onlyIsolated, sent, end) => {
    expect(await filledUp(position, added, onlyIsolated)).toEqual({ sent, end });
  });
});
