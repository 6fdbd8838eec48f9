import { size } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { describe, expect, it, vi } from 'vitest';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import { leaderStage, stateOf, syncedWith } from '../testing/leader-stage';
import { type Frame, LeaderWatch, runsOf } from './leader-watch';

/** Frames by number: above zero fills of that time, zero a snapshot; each received at its place. */
function framesOf(watched: string, times: readonly number[]): readonly Frame<string>[] {
  return times.map((time, receivedAt) =>
    time > 0
      ? { kind: 'fills', watched, fills: [sampleFill({ time })], receivedAt }
      : { kind: 'synced', watched, event: { kind: 'synced', address: '0xa', states: [], fills: [], receivedAt } },
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
  const watch = new LeaderWatch(
    stage.ctx,
    () => undefined,
    (watched) => resynced.push(watched.no),
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
  return { ...stage, watch, resynced, sync, copyOf };
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

describe('leaders that cannot be seen', () => {
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
