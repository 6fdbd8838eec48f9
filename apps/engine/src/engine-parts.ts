import type { Clock, Ids, Random } from '@lockstep/kernel';
import type { Logger, Opener, Wakeups } from '@lockstep/platform';
import type { Storage } from '@lockstep/storage';
import type { CrashPlan } from './crash-points';
import type { EngineLimits } from './limits';
import type { NetworkAddress, VenueTuning } from './state/network-address';
import type { WaveLog } from './wave-log';

/** What a process hands to its engine. */
export interface EngineParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  readonly storage: Storage;
  readonly wakeups: Wakeups;
  readonly opener: Opener;
  readonly limits: EngineLimits;
  readonly shard: number;
  readonly crash: CrashPlan | null;
  /** Networks of the configuration; those in storage are known besides. */
  readonly networks: readonly NetworkAddress[];
  readonly tuning: VenueTuning;
  readonly onWave: (record: Parameters<WaveLog['add']>[0]) => void;
  readonly broken: (why: string) => void;
}
