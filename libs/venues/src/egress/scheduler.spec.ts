import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Departures } from './departures';
import { forecast, ipsNeeded } from './forecast';
import type { Cost, EgressClass, IpLimits, QueuedClass } from './limits';
import { EgressScheduler } from './scheduler';

const LIMITS: IpLimits = {
  meters: [
    { name: 'weight', perWindow: 120, kept: { reduction: 6, read: 24 }, most: { read: 60 } },
    { name: 'messages', perWindow: 200, kept: { reduction: 10, upkeep: 20 }, most: {} },
  ],
  windowMs: 62_000,
  inFlightMax: 10,
  lateMs: 1_000,
  backoffMinMs: 5_000,
  backoffMaxMs: 60_000,
  answerMs: 200,
};
const ACTION: Cost = { meters: [1, 1], inFlight: true };
const READ: Cost = { meters: [20, 0], inFlight: false };
const PING: Cost = { meters: [0, 1], inFlight: false };
const ACCOUNTS = { free: 100, spacingMs: 11_000, cancelsBeyond: 1_000 };

const schedulerOf = (ips = 1, limits = LIMITS): EgressScheduler => new EgressScheduler({ ips, limits, accounts: ACCOUNTS, actionCost: ACTION });
const rowsOf = (count: number, from = 0) => ({ tokens: Array.from({ length: count }, (_, index) => from + index), count });

interface Left {
  readonly at: number;
  readonly cls: EgressClass;
  readonly flow: number;
  readonly token: number;
}

/** Runs one address until nothing waits, answering each request after `answerMs`; gives what left, in order. */
function drain(scheduler: EgressScheduler, from: number, answerMs = 200, ip = 0): Left[] {
  const left: Left[] = [];
  const unanswered: { readonly at: number; readonly cls: QueuedClass }[] = [];
  for (let now = from, turn = 0; turn < 10_000; turn += 1) {
    while (unanswered[0] !== undefined && unanswered[0].at <= now) scheduler.answered(ip, unanswered.shift()?.cls ?? 'entry', answerMs, now);
    for (const { cls, flow, tokens } of scheduler.grant(ip, now)) {
      for (const token of tokens) {
        left.push({ at: now, cls, flow, token });
        unanswered.push({ at: now + answerMs, cls });
      }
    }
    const next = Math.min(unanswered[0]?.at ?? Number.POSITIVE_INFINITY, scheduler.nextAt(ip, now).at);
    if (!Number.isFinite(next)) return left;
    now = Math.max(now, next);
  }
  throw new Error('it never ends');
}

describe('an address that takes no connection', () => {
  it('is left alone by reads for a while, although it has most room, unless all are', () => {
    const scheduler = schedulerOf(2);
    expect(scheduler.read(READ, 0)).toBe(0);
    scheduler.avoid(1, 10_000);
    expect([scheduler.read(READ, 1), scheduler.copy().read(READ, 1)]).toEqual([0, 0]);
    expect(scheduler.read(READ, 2)).toBe(0);
    // The other one has spent what reads may: the next leaves when this one may be tried again.
    expect(scheduler.read(READ, 3)).toBeNull();
    expect(scheduler.readAt(READ, 3)).toBe(10_000);
    expect(scheduler.read(READ, 10_000)).toBe(1);
    scheduler.avoid(0, 100_000);
    scheduler.avoid(1, 100_000);
    expect(scheduler.read(READ, 99_000)).not.toBeNull();
  });
});

describe('what leaves first', () => {
  it('reductions of any wave, then cancels and noops, then entries', () => {
    const scheduler = schedulerOf();
    const [first, second] = [scheduler.open(), scheduler.open()];
    scheduler.ask(0, first, 'entry', rowsOf(3));
    scheduler.ask(0, first, 'control', rowsOf(2));
    scheduler.ask(0, second, 'reduction', rowsOf(2));
    expect(scheduler.grant(0, 0).map(({ flow, cls, tokens }) => [flow, cls, tokens.length])).toEqual([
      [second, 'reduction', 2],
      [first, 'control', 2],
      [first, 'entry', 3],
    ]);
  });

  it('of two waves each its share, so that a small one does not wait for a large one', () => {
    const scheduler = schedulerOf();
    const [large, small, heavy] = [scheduler.open(), scheduler.open(), scheduler.open(3)];
    scheduler.ask(0, large, 'entry', rowsOf(1_000));
    expect(scheduler.grant(0, 0).map(({ tokens }) => tokens.length)).toEqual([10]);
    for (let answer = 0; answer < 10; answer += 1) scheduler.answered(0, 'entry', 200, 200);
    scheduler.ask(0, small, 'entry', rowsOf(100));
    scheduler.ask(0, heavy, 'entry', rowsOf(100));
    expect(new Map(scheduler.grant(0, 200).map(({ flow, tokens }) => [flow, tokens.length]))).toEqual(
      new Map([
        [large, 2],
        [small, 2],
        [heavy, 6],
      ]),
    );
  });

  it('what is held for reductions and for reads is not taken by entries', () => {
    const scheduler = schedulerOf();
    const flow = scheduler.open();
    scheduler.ask(0, flow, 'entry', rowsOf(300));
    const first = drain(scheduler.copy(), 0).filter(({ at }) => at < 60_000);
    expect(first.length).toBe(120 - 6 - 24);
  });

  it('reads take their share while orders wait, more while none do, and never what is held for reductions', () => {
    const scheduler = schedulerOf();
    const reads = (): number => [1, 2, 3, 4, 5, 6].filter(() => scheduler.read(READ, 0) !== null).length;
    expect(reads()).toBe(3);
    const busy = schedulerOf();
    busy.ask(0, busy.open(), 'entry', rowsOf(300));
    busy.grant(0, 0);
    expect([busy.read(READ, 0), busy.read(READ, 0), busy.readAt(READ, 0)]).toEqual([0, null, 62_250]);
  });

  it('a flow that is closed takes its rows with it', () => {
    const scheduler = schedulerOf();
    const flow = scheduler.open();
    scheduler.ask(0, flow, 'entry', rowsOf(12));
    expect(scheduler.grant(0, 0)[0]?.tokens.length).toBe(10);
    expect(scheduler.close(flow)).toEqual([10, 11]);
    expect(scheduler.grant(0, 70_000)).toEqual([]);
  });
});

describe('an account that has used up its requests', () => {
  it('sends one in eleven seconds, cancels go on under their larger cap, others are not held up', () => {
    const scheduler = schedulerOf();
    scheduler.accounts.seed(7, 98, 100);
    const flow = scheduler.open();
    scheduler.ask(0, flow, 'entry', { tokens: [1, 2, 3, 4, 5, 6], accounts: [7, 7, 7, 7, 8, 9], count: 6 });
    scheduler.ask(0, flow, 'control', { tokens: [10], accounts: [7], count: 1, cancels: true });
    expect(drain(scheduler, 0).map(({ token, at }) => [token, at])).toEqual([
      [10, 0],
      [1, 0],
      [5, 0],
      [6, 0],
      [2, 11_000],
      [3, 22_000],
      [4, 33_000],
    ]);
  });

  it('leaves its last requests to reductions and noops: entries go on one in eleven seconds', () => {
    const accounts = { ...ACCOUNTS, keptFromEntries: 5 };
    const scheduler = new EgressScheduler({ ips: 1, limits: LIMITS, accounts, actionCost: ACTION });
    scheduler.accounts.seed(7, 94, 100);
    const of = (count: number, from: number) => ({ ...rowsOf(count, from), accounts: new Int32Array(count).fill(7) });
    const entries = scheduler.open();
    scheduler.ask(0, entries, 'entry', of(3, 0));
    expect(scheduler.grant(0, 0).map(({ cls, tokens }) => [cls, tokens])).toEqual([['entry', [0]]]);
    scheduler.ask(0, scheduler.open(), 'reduction', of(3, 10));
    scheduler.ask(0, scheduler.open(), 'control', of(1, 20));
    expect(scheduler.grant(0, 1_000).map(({ cls, tokens }) => [cls, tokens])).toEqual([
      ['reduction', [10, 11, 12]],
      ['control', [20]],
    ]);
    expect(scheduler.grant(0, 11_500)).toEqual([]);
    expect(scheduler.grant(0, 12_000).map(({ cls, tokens }) => [cls, tokens])).toEqual([['entry', [1]]]);
  });

  it('that the venue refused waits a spacing, and trading lifts its cap', () => {
    const scheduler = schedulerOf();
    scheduler.accounts.refused(7, 1_000);
    expect(scheduler.accounts.readyAt(7, 'other', 1_000)).toBe(12_000);
    scheduler.accounts.traded(7, 5.9);
    expect([scheduler.accounts.left(7), scheduler.accounts.readyAt(7, 'other', 1_000)]).toEqual([5, 1_000]);
  });
});

describe('an address the venue complained about', () => {
  it('rests, longer each time, and as at first after two good minutes', () => {
    const scheduler = schedulerOf();
    scheduler.ask(0, scheduler.open(), 'entry', rowsOf(1));
    const pauses: number[] = [];
    for (let now = 200_000, turn = 0; turn < 6; turn += 1) {
      scheduler.refused(0, now);
      const { at, by } = scheduler.nextAt(0, now);
      expect(by).toBe('backoff');
      pauses.push(at - now);
      now = at;
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });
});

describe('a forecast', () => {
  it.each([
    [{ entry: 5 }, 200, null],
    [{ entry: 30 }, 600, 'in_flight'],
    [{ entry: 100 }, 62_450, 'weight'],
    [{ reduction: 100, entry: 20 }, 62_850, 'weight'],
  ] as const)('of %j ends in %i ms, for %s', (mix, endsInMs, limitedBy) => {
    const told = forecast(schedulerOf(), mix, 0);
    expect([told.endsInMs, told.limitedBy]).toEqual([endsInMs, limitedBy]);
  });

  it('divides a wave over the addresses, and says how many a target needs', () => {
    const scheduler = schedulerOf(4);
    expect(forecast(scheduler, { entry: 30 }, 0).perIp.map(({ requests }) => requests)).toEqual([8, 8, 7, 7]);
    expect(ipsNeeded(scheduler, { entry: 900 }, 1_000_000)).toBe(1);
    expect(ipsNeeded(scheduler, { entry: 900 }, 60_000)).toBe(10);
    expect(ipsNeeded(scheduler, { entry: 900 }, 199)).toBeNull();
  });

  it('equals what then happens, whatever was spent and whatever waits', () => {
    const mix = fc.record({ reduction: fc.nat(120), control: fc.nat(40), entry: fc.nat(300) });
    const before = fc.array(
      fc.record({ afterMs: fc.nat(40_000), mix, reads: fc.nat(4), pings: fc.nat(10), weight: fc.integer({ min: 1, max: 3 }) }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(before, mix, fc.integer({ min: 50, max: 900 }), (past, wave, answerMs) => {
        const scheduler = schedulerOf(1, { ...LIMITS, answerMs });
        let now = 0;
        for (const each of past) {
          const flow = scheduler.open(each.weight);
          for (const cls of ['reduction', 'control', 'entry'] as const) scheduler.ask(0, flow, cls, rowsOf(each.mix[cls]));
          scheduler.grant(0, now);
          for (let read = 0; read < each.reads; read += 1) scheduler.read(READ, now);
          scheduler.note(0, 'upkeep', PING, each.pings, now);
          now += each.afterMs;
        }
        const told = forecast(scheduler, wave, now);
        const flow = scheduler.open();
        for (const cls of ['reduction', 'control', 'entry'] as const) scheduler.ask(0, flow, cls, rowsOf(wave[cls]));
        // What is on its way at the forecast is taken to be answered a mean answer later.
        const onItsWay = scheduler.budget(0).inFlight;
        const own = drainWith(scheduler, now, answerMs, onItsWay).filter((row) => row.flow === flow);
        const last = own.at(-1);
        expect(own.length).toBe(wave.reduction + wave.control + wave.entry);
        expect(told.endsInMs).toBeCloseTo(last === undefined ? 0 : last.at - now + answerMs, 3);
      }),
      { numRuns: 200 },
    );
  });
});

function drainWith(scheduler: EgressScheduler, from: number, answerMs: number, onItsWay: number): Left[] {
  const left: Left[] = [];
  const unanswered: { readonly at: number; readonly count: number }[] = onItsWay > 0 ? [{ at: from + answerMs, count: onItsWay }] : [];
  for (let now = from, turn = 0; turn < 20_000; turn += 1) {
    while (unanswered[0] !== undefined && unanswered[0].at <= now) {
      const { count } = unanswered.shift() ?? { count: 0 };
      for (let each = 0; each < count; each += 1) scheduler.answered(0, 'entry', answerMs, now);
    }
    let gone = 0;
    for (const { cls, flow, tokens } of scheduler.grant(0, now)) {
      gone += tokens.length;
      for (const token of tokens) left.push({ at: now, cls, flow, token });
    }
    if (gone > 0) unanswered.push({ at: now + answerMs, count: gone });
    const next = Math.min(unanswered[0]?.at ?? Number.POSITIVE_INFINITY, scheduler.nextAt(0, now).at);
    if (!Number.isFinite(next)) return left;
    now = Math.max(now, next);
  }
  throw new Error('it never ends');
}

describe('departures', () => {
  it('are those of the wave when it is then sent, reductions first and each address for itself', () => {
    const scheduler = schedulerOf(2);
    scheduler.ask(0, scheduler.open(), 'entry', rowsOf(15));
    const departures = new Departures(scheduler, (signer) => signer % 2, 5_000, 1_000_000);
    for (let signer = 0; signer < 16; signer += 1) departures.exit(signer);
    const times = Array.from({ length: 10 }, (_, signer) => {
      const at = departures.nextEntry(signer);
      departures.takeEntry(signer);
      return at - 1_005_000;
    });
    // Address 0: 8 reductions and 2 of the other wave, which then catches up before both take turns. Address 1: 8 reductions, 2 entries at once.
    expect(times).toEqual([200, 0, 200, 0, 400, 200, 400, 200, 400, 200]);
  });

  it('an entry that is not sent leaves its place', () => {
    const scheduler = schedulerOf(1, { ...LIMITS, inFlightMax: 1 });
    const departures = new Departures(scheduler, () => 0, 0, 0);
    expect([departures.nextEntry(1), departures.nextEntry(2)]).toEqual([0, 0]);
    departures.takeEntry(2);
    expect(departures.nextEntry(3)).toBe(200);
  });
});
