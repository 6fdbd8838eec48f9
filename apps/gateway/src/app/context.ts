import type { ApiCalendar } from '@lockstep/delivery';
import type { Clock, Ids, Random } from '@lockstep/kernel';
import type { Config, GatewayKeys, Health, Limiter, Logger, LoopDelay, Metrics, RedisConnection, Traces, Wakeups } from '@lockstep/platform';
import type { Storage } from '@lockstep/storage';
import type { KeyDigest } from '@lockstep/tenancy';
import type { StreamLimits } from '../stream/limits';
import type { PassGatewayPoint } from './crash-points';

/** Everything the gateway's classes are built from; made once at start. */
export interface GatewayContext {
  readonly config: Config<'gateway'>;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly limiter: Limiter;
  readonly wakeups: Wakeups;
  /** Null: none is configured. What needs it goes by `limiter` and `wakeups`. */
  readonly redis: Pick<RedisConnection, 'command'> | null;
  readonly keys: GatewayKeys;
  readonly digest: KeyDigest;
  readonly metrics: Metrics;
  readonly traces: Traces;
  readonly log: Logger;
  /** Not ready from the moment the process begins to drain. */
  readonly health: Health;
  /** How late this process comes to what is due. */
  readonly load: LoopDelay;
  readonly streamLimits: StreamLimits;
  readonly apiCalendar: ApiCalendar;
  readonly passCrashPoint: PassGatewayPoint;
}

/** Nest's token for the context. */
export const CONTEXT = Symbol('GatewayContext');
