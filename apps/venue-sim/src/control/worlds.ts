import type { Clock } from '@lockstep/kernel';
import { DEFAULT_SETTINGS, formatVerifyMode, type VenueSettings, type Verifier } from '@lockstep/simulation';
import type { z } from 'zod';
import type { Flags } from '../flags';
import type { Hall, Halls } from '../halls';
import { buildWorld } from '../world-factory';
import { type ControlReply, created, done, refused } from './answers';
import type { worldSchema } from './schemas';

/** Opens a world under `/w/<name>`. */
export function openWorld(halls: Halls, clock: Clock, flags: Flags, order: z.infer<typeof worldSchema>): ControlReply {
  const given = readSettings(order.settings);
  if (given === null) return refused(400, 'settings: unknown name, or a value of another type');
  const admitted = halls.admits(order.name);
  if (!admitted.ok) return refused(admitted.error === 'bad_name' ? 400 : 409, admitted.error);
  const settings = { addressLimits: flags.addressLimits === 'on', ...given };
  const { name, seed, testnet, makers, clock: kind, requestTimes } = order;
  const blockMs = order.blockMs ?? flags.blockMs;
  const path = order.path ?? flags.path;
  if (path === 'candles' && flags.candles === null) return refused(400, 'path: candles needs the flag --candles');
  const built = buildWorld(
    { name, seed, blockMs, testnet, makers, path, candles: flags.candles, genesisTime: order.genesisTime ?? null, settings },
    clock,
  );
  if (!built.ok) return refused(400, built.error);
  const opened = halls.open({ ...built.value, blockMs, clock: kind, requestTimes });
  return opened.ok ? created(describeHall(opened.value)) : refused(409, opened.error);
}

/** The settings of the exchange by name; null when one is unknown or of another type. `blockMs` has its own field. */
function readSettings(given: Readonly<Record<string, number | boolean>>): Partial<VenueSettings> | null {
  const known: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS };
  const fits = Object.entries(given).every(([name, value]) => name !== 'blockMs' && typeof known[name] === typeof value);
  return fits ? given : null;
}

export function describeHall(hall: Hall): Readonly<Record<string, unknown>> {
  const { world, clock, makers, counters, faults } = hall;
  const path = world.name === 'main' ? '' : `/w/${world.name}`;
  return {
    name: world.name,
    path,
    seed: world.seed,
    testnet: world.testnet,
    time: world.now(),
    clock: clock.kind,
    halted: clock.halted,
    frozen: clock.frozen,
    walking: makers.walking,
    connections: hall.hangUps.size,
    ...counters,
    ...world.stats(),
    faultRules: faults.list().length,
  };
}

/** Everything countable about the process. */
export function describeProcess(halls: Halls, verifier: Verifier, connections: number): ControlReply {
  const { rss, heapUsed } = process.memoryUsage();
  const cpu = process.cpuUsage();
  return done({
    verify: formatVerifyMode(verifier.mode),
    ...verifier.stats(),
    connections,
    rssBytes: rss,
    heapBytes: heapUsed,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    worlds: halls.list().map(describeHall),
  });
}
