import { size } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import type { VenueFill } from '@lockstep/venues/port';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { describe, expect, it, vi } from 'vitest';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import { instrumentOf, leaderStage, stateOf, syncedWith } from '../testing/leader-stage';
import { type Frame, LeaderWatch, runsOf } from './leader-watch';

/** Frames by number: above zero fills of that time, zero a snapshot; each received at its place. */
function framesOf(watched: string, times: readonly number[]): readonly Frame<string>[] {
  return times.map((time, receivedAt) =>
    time > 0
      ? { kind: 'fills', watched, fills: [sampleFill({ time })], receivedAt }
      : { kind: 'synced', watched, event: { kind: 'synced', address: '0xa', states: [], fills: [], receivedAt }, losses: 0 },
  );
}

function shapes(times: readonly number[]): readonly string[] {
  return runsOf(framesOf('leader', times)).map((run) =>
    run.kind === 'fills' ? run.frames.map((frame) => `${frame.fills.map((one) => one.time).join()}@${frame.receivedAt}`).join(' ') : run.kind,
  );
}

describe('frames of a leader that gathered', () => {
  it.each<[string, readonly number[], readonly string[]]>([
    ['nothing', [], []],
    ['fills are recorded together, each with its own time of arrival', [5, 6, 7], ['5@0 6@1 7@2']],
    ['a snapshot keeps its place among them', [5, 0, 6, 7, 0], ['5@0', 'synced', '6@2 7@3', 'synced']],
  ])('%s', (_name, times, expected) => {
    expect(shapes(times)).toEqual(expected);
  });

  it('a run is bounded', () => {
    const runs = shapes(Array.from({ length: 1_201 }, (_, index) => index + 1));
    expect(runs.map((run) => run.split(' ').length)).toEqual([500, 500, 201]);
  });
});

const SHORT_WAIT = { syncWaitMaxMs: 50 } as const;

/** A watch on a stage; `resynced` are the accounts told of. */
async function watching(given: Parameters<typeof leaderStage>[0] = {}) {
  const stage = await leaderStage({ ...given, limits: { ...SHORT_WAIT, ...given.limits } });
  const resynced: number[] = [];
  const handed: string[] = [];
  const lists: string[] = [];
  const appeared: string[] = [];
  const watch = new LeaderWatch(
    stage.ctx,
    (moves) => handed.push(...moves.map(({ move }) => `${Number(move.before) / 1e8} to ${Number(move.after) / 1e8}`)),
    (watched) => resynced.push(watched.no),
    (watched, { instrument }) => appeared.push(`${watched.no} ${instrument.coin}`),
    {
      takeList: (watched, dex, orders) => lists.push(`${watched.no} ${dex} ${orders.length}`),
      takeFills: () => undefined,
      lose: (watched, dex) => lists.push(`${watched.no} ${dex ?? 'all'} lost`),
    },
  );
  const sync = (watched: WatchedAccount, ...states: readonly ReturnType<typeof stateOf>[]): Promise<void> => {
    watch.receive(stage.network, syncedWith(watched.address, states));
    return watch.idle();
  };
  /** Gives the account a copy and answers how to read its status. */
  const copyOf = (watched: WatchedAccount): (() => number) => {
    const row = watched.book.rowCount;
    watched.book.rowCount += 1;
    watched.book.setStatus(row, STATUS.active, true);
    stage.ctx.registry.copies.set(watched.no, { watched, row } as CopyRecord);
    return () => watched.book.copies.status[row] ?? 0;
  };
  return { ...stage, watch, resynced, handed, lists, appeared, sync, copyOf };
}

describe('a leader whose stream came back', () => {
  const held = { '': { ETH: 2 }, xyz: { 'xyz:TSLA': 3 } };

  it('does not look flat on a dex that could not be read', async () => {
    const { watch, sync, leader, moves } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', held['']), stateOf(watched.address, 'xyz', held.xyz));
    // The main dex differs, so that the wait for late frames has an end to be seen.
    await sync(watched, stateOf(watched.address, '', { ETH: 1 }));
    await vi.waitFor(() => expect(moves.map(({ coin }) => coin)).toEqual(['ETH']), 10_000);
    expect(watched.leader.positions.get('xyz:TSLA')).toBe(300_000_000n);
  });

  it('is flat on a dex that was read and holds nothing', async () => {
    const { watch, sync, leader, moves } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', held['']), stateOf(watched.address, 'xyz', held.xyz));
    await sync(watched, stateOf(watched.address, '', held['']), stateOf(watched.address, 'xyz'));
    await vi.waitFor(() => expect(moves).toMatchObject([{ coin: 'xyz:TSLA', positionBefore: 300_000_000n, positionAfter: 0n }]), 10_000);
  });

  it.each<[string, 'with the state' | 'before it']>([
    ['while its state was read', 'with the state'],
    ['before a state that was read earlier is told', 'before it'],
  ])('and who traded %s keeps what it traded: that state is older', async (_when, told) => {
    const { watch, sync, leader, moves, network } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', { ETH: 2 }), stateOf(watched.address, 'xyz', held.xyz));
    const bought = sampleFill({ coin: 'ETH', side: 'buy', size: size(100_000_000n), startPosition: size(200_000_000n), time: 3 });
    const states = [stateOf(watched.address, '', { ETH: 2 }), stateOf(watched.address, 'xyz')];
    if (told === 'before it') watch.receive(network, { kind: 'fills', address: watched.address, fills: [bought], receivedAt: 3 });
    watch.receive(network, syncedWith(watched.address, states, told === 'before it' ? [] : [bought]));
    // The other dex differs, so that the wait for late frames has an end to be seen.
    await vi.waitFor(() => expect(moves.map(({ coin }) => coin)).toContain('xyz:TSLA'), 10_000);
    await watch.idle();
    expect(moves.map(({ coin, positionAfter }) => [coin, positionAfter])).toEqual([
      ['ETH', 300_000_000n],
      ['xyz:TSLA', 0n],
    ]);
    expect(watched.leader.positions.get('ETH')).toBe(300_000_000n);
  });

  it('and traded before its first state was whole stands behind that trade', async () => {
    const { watch, leader, moves, network } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    const sold = sampleFill({ coin: 'ETH', side: 'sell', size: size(200_000_000n), startPosition: size(200_000_000n), time: 3 });
    watch.receive(network, syncedWith(watched.address, [stateOf(watched.address, '', { ETH: 2 })], [sampleFill({ coin: 'ETH', time: 1 }), sold]));
    await watch.idle();
    expect([watched.leader.positions.get('ETH'), moves]).toEqual([0n, []]);
  });

  it('and holds what no fill told of stands in an instrument its copies are told of, once', async () => {
    const { watch, sync, leader, appeared, moves } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', held['']), stateOf(watched.address, 'xyz'));
    expect(appeared).toEqual(['1 ETH']);
    for (let state = 0; state < 2; state += 1) await sync(watched, stateOf(watched.address, '', held['']), stateOf(watched.address, 'xyz', held.xyz));
    expect([appeared, moves]).toEqual([['1 ETH', '1 xyz:TSLA'], []]);
    expect(watched.book.findSheet('xyz:TSLA')?.leaderLots).toBe(300);
  });

  it('is told, so that the accounts copying it are compared', async () => {
    const { watch, sync, leader, resynced, network } = await watching();
    const watched = leader(7);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, ''));
    watch.receive(network, { kind: 'disconnected', at: 1, reason: 'test' });
    expect(watched.synced).toBe(false);
    await sync(watched, stateOf(watched.address, ''));
    expect(resynced).toEqual([7, 7]);
  });
});

describe('whether a leader leaves is known from when it is told until it is recorded:', () => {
  const sold = sampleFill({ coin: 'ETH', side: 'sell', size: size(200_000_000n), startPosition: size(200_000_000n), time: 3 });

  it.each<[string, Parameters<typeof sampleFill>[0], boolean]>([
    ['sells what it holds', sold, true],
    ['turns', { ...sold, size: size(300_000_000n) }, true],
    ['buys more', { ...sold, side: 'buy' }, false],
    ['opens', { ...sold, startPosition: size(0n) }, false],
  ])('one who %s', async (_what, part, leaves) => {
    const { watch, sync, leader, network } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', { ETH: 2 }));
    watch.receive(network, { kind: 'fills', address: watched.address, fills: [sampleFill(part)], receivedAt: 3 });
    expect(watched.leaving.has('ETH')).toBe(leaves);
    await watch.idle();
    expect(watched.leaving.has('ETH')).toBe(false);
  });

  it.each<[string, number, boolean]>([
    ['has less', 1, true],
    ['is flat', 0, true],
    ['is on the other side', -1, true],
    ['has more', 3, false],
    ['has the same', 2, false],
  ])('one who %s by a state whose fills are missing', async (_what, found, leaves) => {
    const { watch, sync, leader, moves } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', { ETH: 2 }));
    await sync(watched, stateOf(watched.address, '', found === 0 ? {} : { ETH: found }));
    expect(watched.leaving.has('ETH')).toBe(leaves);
    if (found !== 2) await vi.waitFor(() => expect(moves.map(({ coin }) => coin)).toEqual(['ETH']), 10_000);
    await watch.idle();
    expect([...watched.leaving]).toEqual([]);
  });

  it('and is not seen to leave for ever when it could not be recorded', async () => {
    const { watch, sync, leader, network, database } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, '', { ETH: 2 }));
    database.away = true;
    for (let frame = 0; frame < 3; frame += 1) watch.receive(network, { kind: 'fills', address: watched.address, fills: [sold], receivedAt: 3 });
    await watch.idle();
    expect([...watched.leaving]).toEqual([]);
    watch.stop();
  });
});

describe('leaders that cannot be seen', () => {
  it.each<[string, readonly string[] | undefined, boolean]>([
    ['everybody', undefined, true],
    ['this leader', ['0x0000000000000000000000000000000000000001'], true],
    ['another leader', ['0x0000000000000000000000000000000000000002'], false],
  ])('when %s is lost sight of, its copies take no new risk until its state was read again', async (_who, unseen, halts) => {
    const { watch, sync, leader, copyOf, network, ctx } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    const status = copyOf(watched);
    await sync(watched, stateOf(watched.address, ''));
    const before = ctx.stops.current;
    watch.receive(network, { kind: 'disconnected', at: 1, reason: 'test', ...(unseen && { unseen }) });
    expect([status() & STATUS.leaderUnseen, ctx.stops.current > before]).toEqual([halts ? STATUS.leaderUnseen : 0, halts]);
    await sync(watched, stateOf(watched.address, ''));
    expect(status() & STATUS.leaderUnseen).toBe(0);
  });

  it('one that is lost again while its state is written down stays unseen until the next state', async () => {
    const { watch, sync, leader, copyOf, network, resynced } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    const status = copyOf(watched);
    await sync(watched, stateOf(watched.address, ''));
    watch.receive(network, { kind: 'disconnected', at: 1, reason: 'test' });
    watch.receive(network, syncedWith(watched.address, [stateOf(watched.address, '')]));
    watch.receive(network, { kind: 'disconnected', at: 2, reason: 'test' });
    await watch.idle();
    expect([watched.synced, status() & STATUS.leaderUnseen, resynced]).toEqual([false, STATUS.leaderUnseen, [1]]);
    await sync(watched, stateOf(watched.address, ''));
    expect([watched.synced, status() & STATUS.leaderUnseen, resynced]).toEqual([true, 0, [1, 1]]);
  });

  it('one that is watched no more while its state is written down is not taken for seen by who watches it next', async () => {
    const { watch, sync, leader, network } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, ''));
    watch.receive(network, syncedWith(watched.address, [stateOf(watched.address, '')]));
    watch.unwatch(watched);
    await watch.idle();
    watch.watch(watched);
    expect([watched.synced, await watch.synced(watched)]).toEqual([false, 'not_in_time']);
    await sync(watched, stateOf(watched.address, ''));
    expect(watched.synced).toBe(true);
  });

  it('a list of its working orders, and that there is none any more, reach who mirrors them', async () => {
    const { watch, leader, lists, network } = await watching();
    const [watched, other] = [leader(1), leader(2)];
    watch.watch(watched);
    const { address } = watched;
    watch.receive(network, { kind: 'open_orders', address, dex: 'xyz', orders: [], receivedAt: 1 });
    watch.receive(network, { kind: 'orders_lost', address, dex: 'xyz' });
    watch.receive(network, { kind: 'orders_lost', address });
    watch.receive(network, { kind: 'orders_lost', address: other.address });
    expect(lists).toEqual(['1 xyz 0', '1 xyz lost', '1 all lost']);
  });

  it('a copy that begins while its leader is out of sight takes no new risk until the state was read again', async () => {
    const { watch, sync, leader, network, copyOf, ctx } = await watching();
    const watched = leader(1);
    watch.watch(watched);
    await sync(watched, stateOf(watched.address, ''));
    const begin = (): (() => number) => {
      const status = copyOf(watched);
      for (const copy of ctx.registry.copies.values()) watch.meet(copy);
      return status;
    };
    expect(begin()()).toBe(STATUS.active);
    watch.receive(network, { kind: 'disconnected', at: 1, reason: 'test' });
    const late = begin();
    expect(late()).toBe(STATUS.active | STATUS.leaderUnseen);
    await sync(watched, stateOf(watched.address, ''));
    expect(late()).toBe(STATUS.active);
  });

  it('hold up nobody: what has no seat is not awaited, what is not told in time is gone on without', async () => {
    const { watch, sync, leader, seated } = await watching({ seats: 2 });
    const [seen, silent, seatless] = [leader(1), leader(2), leader(3)];
    const all = watch.watchAll([seen, silent, seatless]);
    await sync(seen, stateOf(seen.address, ''));
    await all;
    expect([...seated]).toEqual([seen.address, silent.address]);
    expect(await Promise.all([seen, silent, seatless].map((one) => watch.synced(one)))).toEqual(['synced', 'not_in_time', 'no_seat']);
  });

  it('let their copies take no new risk until their state is told', async () => {
    const { watch, sync, leader, copyOf, ctx } = await watching({ seats: 1 });
    const [silent, seatless] = [leader(1), leader(2)];
    const [ofSilent, ofSeatless] = [copyOf(silent), copyOf(seatless)];
    const before = ctx.stops.current;
    await watch.watchAll([silent, seatless]);
    expect([ofSilent(), ofSeatless()]).toEqual([STATUS.active | STATUS.leaderUnseen, STATUS.active | STATUS.leaderUnseen]);
    expect(ctx.stops.current).toBeGreaterThan(before);
    await sync(silent, stateOf(silent.address, ''));
    expect([ofSilent(), ofSeatless()]).toEqual([STATUS.active, STATUS.active | STATUS.leaderUnseen]);
  });

  it('get the seat of a leader that is no longer watched', async () => {
    const { watch, sync, leader, seated, copyOf } = await watching({ seats: 1 });
    const [first, second, third] = [leader(1), leader(2), leader(3)];
    const ofSecond = copyOf(second);
    for (const one of [first, second, third]) watch.watch(one);
    watch.unwatch(first);
    expect([...seated]).toEqual([second.address]);
    await sync(second, stateOf(second.address, ''));
    expect(ofSecond()).toBe(STATUS.active);
    expect(await watch.synced(third)).toBe('no_seat');
  });
});

/** A fill of whole units of ETH; below zero sells. */
const ethFill = (time: number, from: number, units: number): VenueFill =>
  sampleFill({
    coin: 'ETH',
    time,
    side: units > 0 ? 'buy' : 'sell',
    size: size(BigInt(Math.abs(units)) * 100_000_000n),
    startPosition: size(BigInt(from) * 100_000_000n),
  });

/** A stage whose leader is begun with nothing at time 1, and how to tell it things. */
async function begun() {
  const stage = await watching();
  const watched = stage.leader(1);
  stage.watch.watch(watched);
  await stage.sync(watched, stateOf(watched.address, ''));
  const fills = (...given: readonly VenueFill[]): Promise<void> => {
    stage.watch.receive(stage.network, { kind: 'fills', address: watched.address, fills: given, receivedAt: 1 });
    return stage.watch.idle();
  };
  const synced = (time: number, units: number, given: readonly VenueFill[] = []): Promise<void> => {
    const held: Readonly<Record<string, number>> = units === 0 ? {} : { ETH: units };
    stage.watch.receive(stage.network, syncedWith(watched.address, [stateOf(watched.address, '', held, time)], given));
    return stage.watch.idle();
  };
  const units = (): number => Number(watched.leader.positions.get('ETH') ?? 0n) / 1e8;
  const words = (): readonly string[] => stage.moves.map((move) => `${Number(move.positionBefore) / 1e8} to ${Number(move.positionAfter) / 1e8}`);
  return { ...stage, watched, fills, synced, units, words };
}

describe('what a state says of a position', () => {
  it('is nothing where a fill is newer: the state was read before it and told after it', async () => {
    vi.useFakeTimers();
    try {
      const { watch, fills, synced, units, words } = await begun();
      await fills(ethFill(10, 0, 5));
      await synced(9, 0);
      await vi.advanceTimersByTimeAsync(5_000);
      await watch.idle();
      expect([words(), units()]).toEqual([['0 to 5'], 5]);
      // One of the fill's own block is as new.
      await synced(10, 4);
      await vi.advanceTimersByTimeAsync(5_000);
      await watch.idle();
      expect([words(), units()]).toEqual([['0 to 5', '5 to 4'], 4]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is nothing where fills led away and back again before it was followed', async () => {
    vi.useFakeTimers();
    try {
      const { watch, fills, synced, units, words } = await begun();
      await fills(ethFill(10, 0, 5));
      // It shows a close whose frame is late.
      await synced(20, 0);
      await fills(ethFill(20, 5, -5));
      await fills(ethFill(21, 0, 5));
      await vi.advanceTimersByTimeAsync(5_000);
      await watch.idle();
      expect([words(), units()]).toEqual([['0 to 5', '5 to 0', '0 to 5'], 5]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is where the leader begins, with the fills that are newer', async () => {
    const { watch, leader, network, fills, moves } = { ...(await watching()), fills: [ethFill(5, 0, 2), ethFill(12, 2, 3)] };
    const watched = leader(3);
    watch.watch(watched);
    watch.receive(network, syncedWith(watched.address, [stateOf(watched.address, '', { ETH: 2 }, 10)], fills));
    await watch.idle();
    expect([watched.leader.positions.get('ETH'), moves.length]).toEqual([500_000_000n, 0]);
  });

  it('that was followed without its fills is not followed again when they come', async () => {
    vi.useFakeTimers();
    try {
      const { watch, fills, synced, units, words } = await begun();
      await fills(ethFill(10, 0, 10));
      await synced(20, 3);
      await vi.advanceTimersByTimeAsync(5_000);
      await watch.idle();
      expect(words()).toEqual(['0 to 10', '10 to 3']);
      // A later snapshot tells what led there, and something new.
      await synced(30, 2, [ethFill(15, 10, -4), ethFill(18, 6, -3), ethFill(25, 3, -1)]);
      expect([words(), units()]).toEqual([['0 to 10', '10 to 3', '3 to 2'], 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves fills that were overtaken and continue the told position their place', async () => {
    const { fills, units, words } = await begun();
    await fills(ethFill(10, 0, 10));
    // Each was told late, by the change it makes.
    const overtaken = [ethFill(8, 10, -4), ethFill(9, 6, -3)].map((fill) => ({ ...fill, overtaken: true as const }));
    await fills(...overtaken);
    expect([words(), units()]).toEqual([['0 to 10', '10 to 6', '6 to 3'], 3]);
  });

  it('that led to a newest one is history, though the leader was flat before it as he is now', async () => {
    const { fills, synced, units, words } = await begun();
    await fills(ethFill(2, 0, 1), ethFill(3, 1, -1));
    // He opened 5 while nobody saw, and the close is seen: it tells where he stands.
    await fills(ethFill(10, 5, -5));
    await synced(9, 5, [ethFill(4, 0, 5)]);
    expect([words(), units()]).toEqual([['0 to 1', '1 to 0', '0 to 0'], 0]);
  });

  it('contradicted by a state that comes by itself are followed to it, once a frame that is on its way would be here', async () => {
    vi.useFakeTimers();
    try {
      const { watch, network, watched, fills, units, words } = await begun();
      const state = async (time: number, held: number) => {
        watch.receive(network, { kind: 'state', state: stateOf(watched.address, '', { ETH: held }, time), receivedAt: time });
        await vi.advanceTimersByTimeAsync(1_500);
        await watch.idle();
      };
      await fills(ethFill(10, 0, 10));
      await state(9, 0);
      await state(10, 10);
      expect([words(), units()]).toEqual([['0 to 10'], 10]);
      const late = state(20, 4);
      await fills(ethFill(20, 10, -6));
      await late;
      expect([words(), units()]).toEqual([['0 to 10', '10 to 4'], 4]);
      await state(30, 1);
      expect([words(), units()]).toEqual([['0 to 10', '10 to 4', '4 to 1'], 1]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('fills that begin at flat although the leader was in a position', () => {
  it('tell that he left, and then what he opened', async () => {
    const { handed, fills, units, words } = await begun();
    await fills(ethFill(10, 0, 10));
    await fills(ethFill(20, 0, 4));
    await fills(ethFill(20, 0, 4), ethFill(30, 4, 1));
    expect([words(), units()]).toEqual([['0 to 10', '10 to 0', '0 to 4', '4 to 5'], 5]);
    expect(handed).toEqual(words());
  });
});

describe('a leader who stood in an instrument before he was watched, as a later process finds him', () => {
  it.each<[string, 'with the state' | 'behind it', readonly VenueFill[], readonly string[]]>([
    ['adds', 'with the state', [ethFill(5, 10, 10), ethFill(6, 20, 1)], ['10 to 20', '20 to 21']],
    ['closes', 'with the state', [ethFill(5, 10, -10)], ['10 to 0']],
    ['closes', 'behind it', [ethFill(5, 10, -10)], ['10 to 0']],
  ])('and who %s, told %s: his copies are planned from where he stood', async (_what, told, fills, expected) => {
    const { watch, leader, network, handed } = await watching();
    const watched = leader(1);
    [watched.begun, watched.historyFrom] = [true, 1];
    // A copy that waits there for his next open is loaded.
    const sheet = watched.book.sheet(instrumentOf('ETH'));
    watch.watch(watched);
    const state = stateOf(watched.address, 'xyz');
    watch.receive(network, syncedWith(watched.address, [state], told === 'with the state' ? fills : []));
    if (told === 'behind it') watch.receive(network, { kind: 'fills', address: watched.address, fills, receivedAt: 5 });
    await watch.idle();
    expect([handed, sheet.leaderLots]).toEqual([expected, 1_000]);
  });
});

describe('frames that cannot be recorded', () => {
  it('cost one new watch after a while, however many they are and however long the database is away', async () => {
    vi.useFakeTimers();
    try {
      const { watch, network, watched, watches, database, seated, units, synced } = await begun();
      database.away = true;
      for (let time = 10; time < 200; time += 1)
        watch.receive(network, { kind: 'fills', address: watched.address, fills: [ethFill(time, time - 10, 1)], receivedAt: time });
      await watch.idle();
      expect([watches.length, seated.size]).toEqual([1, 0]);
      await vi.advanceTimersByTimeAsync(600);
      expect([watches.length, seated.size]).toEqual([2, 1]);
      await synced(200, 190, [ethFill(10, 0, 190)]);
      await vi.advanceTimersByTimeAsync(600);
      expect(watches.length).toBe(2);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(watches.length).toBe(3);
      database.away = false;
      await synced(200, 190, [ethFill(10, 0, 190)]);
      expect([units(), watched.synced]).toEqual([190, true]);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<[string, (stage: Awaited<ReturnType<typeof begun>>) => Promise<void>, readonly string[]]>([
    ['are handed on before what is newer', ({ synced }) => synced(12, 1, [ethFill(10, 0, 3), ethFill(11, 3, -2)]), ['0 to 3', '3 to 1']],
    ['and are told by the leader’s state alone too', ({ synced }) => synced(12, 3), ['0 to 3']],
    ['are handed on once', ({ synced }) => synced(12, 3).then(() => synced(13, 3, [ethFill(10, 0, 3)])), ['0 to 3']],
  ])('but stand, because only the answer to their commit was lost, %s', async (_what, told, expected) => {
    vi.useFakeTimers();
    try {
      const stage = await begun();
      stage.database.losesAnswers = true;
      await stage.fills(ethFill(10, 0, 3));
      expect([stage.words(), stage.handed]).toEqual([['0 to 3'], []]);
      stage.database.losesAnswers = false;
      await vi.advanceTimersByTimeAsync(600);
      await told(stage);
      await vi.advanceTimersByTimeAsync(2_000);
      expect([stage.handed, stage.words(), stage.watched.synced]).toEqual([expected, expected, true]);
    } finally {
      vi.useRealTimers();
    }
  });
});
