import type { ChainTerms, LimitTarget, SettingsSeen, SharedLimitsSeen } from '@lockstep/simulation';
import type { CopyCast } from './cast';

/** Limits that were asked for and not confirmed yet. */
export interface PendingLimits {
  readonly target: LimitTarget;
  readonly limits: ChainTerms;
}

/** Limits above the copies as the script has them: those in force, and those that were asked for beside them. Merged here by product §3, not by the engine's word. */
export class SimChain {
  private readonly inForce = new Map<string, ChainTerms>();
  readonly pending: PendingLimits[] = [];

  constructor(private readonly coins: readonly string[]) {}

  ask(target: LimitTarget, limits: ChainTerms): PendingLimits {
    const asked = { target, limits };
    this.pending.push(asked);
    return asked;
  }

  /** Takes back what was refused. */
  drop(asked: PendingLimits): void {
    const index = this.pending.indexOf(asked);
    if (index >= 0) this.pending.splice(index, 1);
  }

  /** The oldest of a target is in force; null: none waits, a process that began took it up already. */
  confirm(target: string): PendingLimits | null {
    const index = this.pending.findIndex((each) => keyOf(each.target) === target);
    const [found] = index < 0 ? [] : this.pending.splice(index, 1);
    if (found === undefined) return null;
    this.inForce.set(keyOf(found.target), found.limits);
    return found;
  }

  /** Settings of a copy under what is in force, with everything asked for where `asked`. */
  bound(copy: CopyCast, seen: SettingsSeen, asked: boolean): SettingsSeen {
    const layers = new Map(this.inForce);
    if (asked) for (const { target, limits } of this.pending) layers.set(keyOf(target), limits);
    return keysOver(copy).reduce((settings, key) => narrowed(settings, layers.get(key), this.coins), seen);
  }
}

export function keyOf(target: LimitTarget): string {
  switch (target.layer) {
    case 'platform':
      return 'platform';
    case 'tenant':
      return `tenant ${target.tenant}`;
    case 'leader':
      return `leader ${target.tenant} ${target.leader}`;
    case 'follower':
      return `follower ${target.follower}`;
  }
}

const keysOver = ({ follower, leader }: CopyCast): readonly string[] => [
  'platform',
  `tenant ${follower.tenant}`,
  `leader ${follower.tenant} ${leader}`,
  `follower ${follower.follower}`,
];

/** Whether limits of a target bind a copy. */
export const binds = (target: LimitTarget, copy: CopyCast): boolean => keysOver(copy).includes(keyOf(target));

const least = (a: bigint | null | undefined, b: bigint | null | undefined): bigint | null => {
  if (a === null || a === undefined) return b ?? null;
  return b === null || b === undefined || a < b ? a : b;
};

/** Limits by minimum, instruments by intersection. */
function narrowed(seen: SettingsSeen, limits: ChainTerms | undefined, coins: readonly string[]): SettingsSeen {
  if (limits === undefined) return seen;
  const { caps, losses, exposure } = limits;
  const shared: SharedLimitsSeen = seen.shared ?? { leaderCapacity: null, followerGross: null, underlyingShare: null };
  return {
    ...seen,
    caps: {
      maxPositionSize: least(seen.caps.maxPositionSize, caps.maxPositionSize),
      maxPositionNotional: least(seen.caps.maxPositionNotional, caps.maxPositionNotional),
      maxPositionShare: least(seen.caps.maxPositionShare, caps.maxPositionShare),
      maxLeverage: least(seen.caps.maxLeverage, caps.maxLeverage),
      maxGrossExposure: least(seen.caps.maxGrossExposure, caps.maxGrossExposure),
      ...floor(seen.caps.minLiquidationDistance ?? null, caps.minLiquidationDistance ?? null),
    },
    losses: {
      ...seen.losses,
      fromStart: least(seen.losses.fromStart, losses.fromStart),
      trailing: least(seen.losses.trailing, losses.trailing),
      daily: least(seen.losses.daily, losses.daily),
      lossMoney: least(seen.losses.lossMoney, losses.lossMoney),
    },
    shared: {
      leaderCapacity: least(shared.leaderCapacity, exposure.leaderCapacity),
      followerGross: least(shared.followerGross, exposure.followerGross),
      underlyingShare: least(shared.underlyingShare, exposure.underlyingShare),
      alertCapacity: least(shared.alertCapacity, exposure.alertCapacity),
      alertGross: least(shared.alertGross, exposure.alertGross),
      alertShare: least(shared.alertShare, exposure.alertShare),
    },
    instruments: both(seen.instruments, limits.instruments, coins),
  };
}

/** Of two floors the higher one binds. */
function floor(own: bigint | null, above: bigint | null): Pick<SettingsSeen['caps'], 'minLiquidationDistance'> {
  if (own === null && above === null) return {};
  return { minLiquidationDistance: own === null || (above !== null && above > own) ? above : own };
}

type Filter = SettingsSeen['instruments'];

function both(own: Filter, above: Filter, coins: readonly string[]): Filter {
  if (above.kind === 'all') return own;
  const admits = (filter: Filter, coin: string): boolean => filter.kind === 'all' || filter.coins.includes(coin) === (filter.kind === 'only');
  return { kind: 'only', coins: coins.filter((coin) => admits(own, coin) && admits(above, coin)) };
}
