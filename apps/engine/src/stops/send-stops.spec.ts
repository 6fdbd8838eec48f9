import { price, size, UNIT } from '@lockstep/kernel';
import { EPISODE, LeaderBook, type ListedOrder } from '@lockstep/replication';
import { entryOf, instrumentOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { CopySettings } from '@lockstep/roster';
import type { WorkingOutcome } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { NOTHING_UNHEARD } from '../unheard-stops';
import { sendStops } from './send-stops';
import { type StandingStop, StandingStops } from './standing-stops';

const ORDER: ListedOrder = {
  orderId: 'a',
  coin: 'BTC',
  buy: false,
  reduceOnly: true,
  price: 110,
  trigger: null,
  ofPosition: false,
  original: 10,
  remaining: 10,
};
const REJECTED: WorkingOutcome = { kind: 'rejected', code: 'min_notional', text: 'Order must have minimum value of $10.' };

/** A mirror of four lots stands, and is changed to five. What the leader's order and the copy's position are as it would leave, and the venue's answer. */
async function change(given: {
  readonly order?: boolean;
  readonly held?: number;
  readonly answer?: WorkingOutcome;
  readonly enters?: boolean;
  /** A new key takes over while it is written down. */
  readonly renewed?: boolean;
  /** What else comes meanwhile, of the copy in the row. */
  readonly meanwhile?: (stage: Stage, row: number, copy: CopyRecord) => void;
  /** As of when stops are known behind the writing, and behind each reading of them; it is 1,000 now. */
  readonly stopsAsOf?: readonly number[];
}) {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1', { policy: 'orders' })));
  stage.sheet.rows.position[row] = given.held ?? 10;
  const working = new LeaderBook();
  working.takeList('', [ORDER], () => true, 1);
  if (given.order === false) working.takeList('', [], () => true, 2);
  const asked: string[] = [];
  const signedBy: number[] = [];
  const workingOrders = {
    modify: async (signer: number) => {
      asked.push('change');
      signedBy.push(signer);
      return [given.answer ?? { kind: 'resting' }];
    },
  };
  const account = { index: 1, no: 1, signer: 1, signs: true, network: { venue: { workingOrders } } } as unknown as AccountRecord;
  const settings = settingsOf('1', { policy: 'orders' });
  const copy = { no: 1, id: 'cpy_1', row, account, settings, watched: { book: stage.book, working }, group: { scope: {} } } as unknown as CopyRecord;
  const standingStops = new StandingStops(10);
  const mirror = { leaderOrderId: 'a', basis: 10, reduceOnly: given.enters !== true, trigger: null, owed: 0 };
  const stopsAsOf = [...(given.stopsAsOf ?? [])];
  const terms = { buy: false, size: size(4n * UNIT), price: price(110n), trigger: null, mirror, replaces: null, signers: [1] };
  const state = { state: 'standing', endNonce: null, end: null, filledLots: null, bookedLots: 0, toldLots: 0, doubted: false, askAt: NOW };
  const standing = { clientOrderId: '0x01', orderId: 'ord_1', copyNo: 1, account, instrument: instrumentOf('BTC'), ...terms, ...state };
  standingStops.add(standing as unknown as StandingStop);
  const ctx = {
    clocks: new TestClocks(),
    instance: 1,
    clock: { now: () => NOW, monotonic: () => 1_000 },
    limits: ENGINE_LIMITS,
    nonces: { next: () => 7 },
    log: { warn: () => undefined },
    storage: { platform: async () => 9, scoped: async () => ({ ...NOTHING_UNHEARD, asOf: stopsAsOf.shift() ?? 0 }) },
    timers: { after: () => ({ cancel: () => undefined }) },
    wishes: { meetPending: () => undefined },
    knownStops: { meet: () => undefined },
    wakeEvents: () => undefined,
    standingStops,
  } as unknown as EngineContext;
  const books = {
    run: async (_scope: unknown, work: () => unknown) => {
      if (given.renewed === true) account.signer = 2;
      given.meanwhile?.(stage, row, copy);
      return work();
    },
  };
  const wanted = { buy: false, size: size(5n * UNIT), trigger: null, worst: price(110n), mirror };
  const task = { kind: 'change' as const, copy, sheet: stage.sheet, wanted, standing: standing as unknown as StandingStop };
  await sendStops(ctx, books as never, account, [task], () => undefined);
  const facts = { asked, state: standing.state, endNonce: standing.endNonce, stands: standingStops.size, asks: standing.askAt === 0 };
  return { facts, signedBy, keys: [...standingStops.all()].map(({ signers }) => signers) };
}

describe('a mirror that was to be changed', () => {
  it.each<[string, Parameters<typeof change>[0]]>([
    ['the leader’s order went', { order: false }],
    ['the copy’s position did', { held: 0 }],
  ])('is what it was where nothing left because %s: it may be cancelled at once', async (_what, given) => {
    expect((await change(given)).facts).toEqual({ asked: [], state: 'standing', endNonce: null, stands: 1, asks: false });
  });

  it.each<[string, Parameters<typeof change>[0], readonly string[]]>([
    ['leaves where it enters and stops are known well enough', { enters: true, stopsAsOf: [900] }, ['change']],
    ['leaves where it enters and they are once they were read again', { enters: true, stopsAsOf: [899, 1_000] }, ['change']],
    ['leaves whatever is known of them where it closes', { stopsAsOf: [] }, ['change']],
  ])('%s', async (_what, given, asked) => {
    expect((await change(given)).facts.asked).toEqual(asked);
  });

  it('is what it was where it enters and what stops it could not be read in time', async () => {
    expect((await change({ enters: true, stopsAsOf: [899, 899] })).facts).toEqual({
      asked: [],
      state: 'standing',
      endNonce: null,
      stands: 1,
      asks: false,
    });
  });

  const put = (part: Partial<CopySettings>) => (stage: Stage, row: number, copy: CopyRecord) => {
    copy.settings = settingsOf('1', { policy: 'orders', ...part });
    stage.book.setSettings(row, copy.settings, 2);
  };
  const marked = (bits: number) => (stage: Stage, row: number) => {
    stage.sheet.rows.episode[row] = bits;
  };
  it.each<[string, NonNullable<Parameters<typeof change>[0]['meanwhile']>]>([
    ['a filter keeps its instrument out', put({ instruments: { kind: 'only', coins: ['ETH'] } })],
    ['increases have to be approved', put({ approveWithinMs: 60_000 })],
    ['working orders are mirrored no more', put({ policy: 'positions' })],
    ['the follower closed the episode by hand', marked(EPISODE.userClosed)],
    ['the leader’s next open is waited for', marked(EPISODE.awaitingOpen)],
    ['the leader turned, whose order takes off by then,', (stage) => Object.assign(stage.sheet, { leaderLots: 10 })],
  ])('is what it was where it enters and %s while it is written down', async (_what, meanwhile) => {
    expect((await change({ enters: true, stopsAsOf: [1_000], meanwhile })).facts).toEqual({
      asked: [],
      state: 'standing',
      endNonce: null,
      stands: 1,
      asks: false,
    });
  });

  it.each<[string, NonNullable<Parameters<typeof change>[0]['meanwhile']>, readonly string[]]>([
    [
      'leaves where it closes whatever keeps increases back',
      put({ instruments: { kind: 'only', coins: ['ETH'] }, approveWithinMs: 60_000 }),
      ['change'],
    ],
    ['is what it was where it closes and working orders are mirrored no more', put({ policy: 'positions' }), []],
  ])('%s by then', async (_what, meanwhile, asked) => {
    expect((await change({ meanwhile })).facts.asked).toEqual(asked);
  });

  it('is asked for first where the venue refused the change: it may have ended before that', async () => {
    expect((await change({ answer: REJECTED })).facts).toEqual({ asked: ['change'], state: 'ending', endNonce: 7, stands: 1, asks: true });
  });

  it('is signed by the key that is written down with it, though another takes over meanwhile: what becomes of it is asked for by that one', async () => {
    const { signedBy, keys } = await change({ renewed: true, answer: { kind: 'unknown' } as WorkingOutcome });
    expect([signedBy, keys]).toEqual([[1], [[1], [1]]]);
  });
});
