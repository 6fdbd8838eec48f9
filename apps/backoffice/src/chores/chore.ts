import type { TenantScope } from '@lockstep/kernel';
import type { BackofficeContext } from '../context';

/** Something the clock asks for, per scope or once for the platform. Running it twice, or on two machines at once, changes nothing. */
export interface ScopedChore {
  readonly name: string;
  readonly everyMs: number;
  run(ctx: BackofficeContext, scope: TenantScope): Promise<void>;
}
export interface PlatformChore {
  readonly name: string;
  readonly everyMs: number;
  run(ctx: BackofficeContext): Promise<void>;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
