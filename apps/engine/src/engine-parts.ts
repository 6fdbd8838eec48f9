import type { Clock, Ids, Random, Timers } from '@lockstep/kernel';
import type { Logger, Opener, Wakeups } from '@lockstep/platform';
import type { EngineStorage } from '@lockstep/storage';
import type { PassCrashPoint } from './crash-points';
import type { Lead } from './lead';
import type { EngineLimits } from './limits';
import type { Detection } from './observe-detection';
import type { NetworkAddress, VenueTuning } from './state/network-address';
import type { OpenVenue } from './state/open-networks';
import type { EndedCommand } from './trace-command';
import type { WaveLog } from './wave-log';

/** What a process hands to its engine. */
export interface EngineParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  readonly storage: EngineStorage;
  readonly wakeups: Wakeups;
  readonly opener: Opener;
  readonly limits: EngineLimits;
  readonly shard: number;
  /** Told of every crash point that is passed. */
  readonly pass: PassCrashPoint;
  /** Networks of the configuration; those in storage are known besides. */
  readonly networks: readonly NetworkAddress[];
  readonly tuning: VenueTuning;
  /** Opens the adapter of a network; absent: by its venue. A simulation hands in its own. */
  readonly openVenue?: OpenVenue;
  /** Whether made-up waves are planned while it loads, so that the first real one meets compiled code; absent: they are. It pays where thousands are copied. */
  readonly rehearses?: boolean;
  readonly onWave: (record: Parameters<WaveLog['add']>[0]) => void;
  /** Told of moves that were seen as they happened. */
  readonly onDetected?: (detection: Detection) => void;
  /** Told of commands that ended here. */
  readonly onCommand?: (command: EndedCommand) => void;
  readonly broken: (why: string) => void;
  readonly lead: Lead;
}
