import { createHash } from 'node:crypto';
import { WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { Doubts } from './accounts/doubts';
import { WaveCompletion } from './books/complete-waves';
import { Places } from './bounded';
import { StopWishes } from './commands/stop-wishes';
import { type EngineContext, StopVersion, stageClock } from './context';
import type { EngineParts } from './engine-parts';
import { KnownStops } from './known-stops';
import { Nonces } from './nonces';
import { OpenProposals } from './proposals/open-proposals';
import { Sending } from './sending';
import { keepAges, SetBackClock } from './set-back-clock';
import { CopyLedger } from './state/copy-ledger';
import { FeeTerms } from './state/fee-terms';
import { FirstFills } from './state/first-fills';
import { LimitChain } from './state/limit-chain';
import { OpenOrders } from './state/open-orders';
import { OwnTrades } from './state/own-trades';
import { Registry } from './state/registry';
import { nextRightEnd, Rights } from './state/rights';
import { StandingStops } from './stops/standing-stops';
import { TenantDays } from './tenant-days';
import { TestClocks } from './test-clocks';
import { WaveLog } from './wave-log';

/** The context of an engine: empty books, nonces above every journaled one. */
export async function makeContext(parts: EngineParts, instance: number, scopes: readonly TenantScope[], maxNonce: number): Promise<EngineContext> {
  const { timers, ids, random, log, storage, limits } = parts;
  const seed = await todaysSeed(parts);
  const rights = new Rights();
  const known = [...scopes];
  const registry = new Registry();
  const clock = new SetBackClock(parts.clock, (byMs) => {
    keepAges(registry, byMs);
    stops.endsAt(nextRightEnd(registry, clock.now()));
    log.warn('the clock was set back; prices are as old as before', { byMs });
  });
  const stops = new StopVersion(
    () => clock.now(),
    (after) => nextRightEnd(registry, after),
  );
  const clocks = new TestClocks();
  const completion = new WaveCompletion(() => ctx);
  const openOrders = new OpenOrders(limits.openOrdersMax, (wave) => completion.take(wave));
  const ctx: EngineContext = {
    clock,
    timers,
    stage: stageClock(clock),
    ids,
    random,
    log,
    storage,
    limits,
    instance,
    shard: parts.shard,
    registry,
    scopes: () => known,
    addScope: (scope) => known.push(scope),
    nonces: new Nonces(maxNonce),
    booked: new CopyLedger(),
    openOrders,
    ownTrades: new OwnTrades(),
    standingStops: new StandingStops(limits.openOrdersMax),
    firstFills: new FirstFills(limits.openOrdersMax),
    proposals: new OpenProposals(),
    feeTerms: new FeeTerms(),
    doubts: new Doubts(),
    unwrittenBreakers: new Set(),
    flushCompletion: () => completion.flush(),
    waves: new WaveLog(limits.wavesKept, parts.onWave),
    scopedUnits: new Places(limits.scopedUnitsMax, limits.openOrdersMax),
    journalUnits: new Places(limits.journalUnitsMax, limits.openOrdersMax),
    days: new TenantDays(clocks),
    clocks,
    chain: new LimitChain(),
    rights,
    truthReads: new Places(limits.truthReadsMax, limits.openOrdersMax),
    sending: new Sending(
      timers,
      () => clock.monotonic(),
      limits.deferMaxMs,
      () => openOrders.forgetEarly(),
    ),
    pass: parts.pass,
    dailySeed: () => seed.today(),
    stops,
    wishes: new StopWishes(
      registry,
      () => stops.changed(),
      rights,
      () => clock.now(),
    ),
    knownStops: new KnownStops(() => clock.monotonic()),
    wakeEvents: (scope) => {
      parts.wakeups.publish(WAKEUP_CHANNELS.events, wakeupPayload(scope)).catch((failure: unknown) => {
        log.debug('a wake-up was lost; readers poll', { error: failure });
      });
    },
    broken: parts.broken,
  };
  return ctx;
}

/** The seed of the day, read once a day; yesterday's serves until the new one is read. */
async function todaysSeed(parts: EngineParts): Promise<{ today(): Uint8Array }> {
  const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
  const read = async (day: string): Promise<Uint8Array> => {
    const made = Buffer.from(parts.random.bytes(32));
    const commitment = createHash('sha256').update(made).digest();
    const row = await parts.storage.platform((unit) => unit.engines.dailySeed(day, { commitment, seed: made }));
    return new Uint8Array(row.seed);
  };
  let day = dayOf(parts.clock.now());
  let seed = await read(day);
  return {
    today: () => {
      const now = dayOf(parts.clock.now());
      if (now !== day) {
        day = now;
        void read(now).then(
          (fresh) => {
            seed = fresh;
          },
          (failure: unknown) => parts.log.error('the seed of the day could not be read', { error: failure }),
        );
      }
      return seed;
    },
  };
}
