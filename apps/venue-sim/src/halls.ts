import { type Clock, type EpochMs, err, ok, type Result } from '@lockstep/kernel';
import type { MakerDriver, Verifier, World } from '@lockstep/simulation';
import { type BlockClock, startBlockClock } from './block-clock';
import { createFaults, type Faults } from './faults';
import { createScript, type Script } from './script';

/** The world served at the root path; the others stand under `/w/<name>`. */
export const MAIN_WORLD = 'main';
export const WORLDS_MAX = 200;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Counts for `/stats`, since the world began. */
export interface HallCounters {
  actions: number;
  refused: number;
  infos: number;
  streamFrames: number;
}

/** One world with what the server adds to it: its clock, faults, makers and counts. */
export interface Hall {
  readonly world: World;
  readonly verifier: Verifier;
  readonly faults: Faults;
  readonly makers: MakerDriver;
  readonly clock: BlockClock;
  readonly script: Script;
  readonly counters: HallCounters;
  /** Resolves once a block was executed after this call; at once while nothing moves the world (manual clock, halted). */
  nextBlock(): Promise<void>;
  /** Agents given by the control port, with their owners: setting one up again is harmless. */
  readonly agents: Map<string, string>;
  /** Connections to hang up when the world ends or a fault asks for it. */
  readonly hangUps: Set<() => void>;
  /** By which time nonces and expiries of requests are judged; undefined: the world's own. */
  readonly requestTime: (() => EpochMs) | undefined;
}

export interface HallOrder {
  readonly world: World;
  readonly makers: MakerDriver;
  readonly blockMs: number;
  /** `manual`: only the control port advances the world. */
  readonly clock: 'real' | 'manual';
  /** `wall`: nonces and expiries of requests are judged by the wall clock, however far from it the world's own time is. */
  readonly requestTimes?: 'venue' | 'wall';
}

export type HallError = 'name_taken' | 'bad_name' | 'too_many_worlds';

/** The worlds of this process by name. */
export interface Halls {
  /** Whether a world of this name could be opened now. */
  admits(name: string): Result<null, HallError>;
  open(order: HallOrder): Result<Hall, HallError>;
  get(name: string): Hall | undefined;
  list(): readonly Hall[];
  close(name: string): boolean;
  closeAll(): void;
}

export function createHalls(verifier: Verifier, clock: Clock): Halls {
  const halls = new Map<string, Hall>();
  const close = (hall: Hall): void => {
    hall.clock.stop();
    hall.script.end();
    for (const hangUp of [...hall.hangUps]) hangUp();
    halls.delete(hall.world.name);
  };
  const admits = (name: string): Result<null, HallError> => {
    if (!NAME.test(name)) return err('bad_name');
    if (halls.has(name)) return err('name_taken');
    return halls.size >= WORLDS_MAX ? err('too_many_worlds') : ok(null);
  };
  return {
    admits,
    open: ({ world, makers, blockMs, clock: kind, requestTimes }) => {
      const admitted = admits(world.name);
      if (!admitted.ok) return admitted;
      const waiting: { readonly since: number; readonly resolve: () => void }[] = [];
      const script = createScript({ now: () => world.now(), advanceTo: (time) => makers.advanceTo(time), blockMs });
      const advance = (time: number): void => {
        script.runUntil(time);
        makers.advanceTo(time);
        while (waiting[0] !== undefined && waiting[0].since < world.now()) waiting.shift()?.resolve();
      };
      const hall: Hall = {
        world,
        verifier,
        makers,
        faults: createFaults(),
        script,
        clock: startBlockClock({
          advance,
          standing: () => ({ time: world.now(), queued: world.stats().queued }),
          blockMs,
          clock,
          running: kind === 'real',
        }),
        counters: { actions: 0, refused: 0, infos: 0, streamFrames: 0 },
        agents: new Map(),
        hangUps: new Set(),
        requestTime: requestTimes === 'wall' ? () => clock.now() : undefined,
        nextBlock: () => {
          if (kind === 'manual' || hall.clock.halted) return Promise.resolve();
          return new Promise((resolve) => waiting.push({ since: world.now(), resolve }));
        },
      };
      halls.set(world.name, hall);
      return ok(hall);
    },
    get: (name) => halls.get(name),
    list: () => [...halls.values()],
    close: (name) => {
      const hall = halls.get(name);
      if (hall !== undefined) close(hall);
      return hall !== undefined;
    },
    closeAll: () => {
      for (const hall of [...halls.values()]) close(hall);
    },
  };
}
