import { ppmOf } from './coins';
import { type Draws, draws } from './draws';
import { hasOrders } from './leader-orders';
import { type CopyTerms, type ModeTerms, STATE_ACTION_TERMS, STATE_LIMIT_TERMS, type StateActionTerms, type StateLimitTerms } from './terms';

/** One seed in so many has copies with the extra, and of its copies one in so many has it. */
const STATE_LIMITS = { seedsOneIn: 3, copiesOneIn: 2 } as const;
const REST = { seedsOneIn: 3, copiesOneIn: 2 } as const;
const FLOORS = { seedsOneIn: 3, copiesOneIn: 2 } as const;
/** Of the seeds with floors, and of the copies with one. */
const GEARED = { seedsOneIn: 2, copiesOneIn: 1 } as const;
const STOPS = { seedsOneIn: 3, copiesOneIn: 2 } as const;
const APPROVALS = { seedsOneIn: 3, copiesOneIn: 2 } as const;
const WHOLE_MONEY = { seedsOneIn: 5, copiesOneIn: 2 } as const;
const APPROVE_WITHIN_MS = [2_000, 60_000] as const;
/** Of the copies that may mirror orders one in so many does not. */
const POSITIONS_ONE_IN = 5;
const PPM = 1_000_000n;
const GEARED_FLOOR_LEAST = 250_000n * PPM;

/**
 * Terms that copies have in a share of the seeds alone. Everything is drawn from streams of its own, one for each copy, so that a world without them is the same
 * to the last digit.
 */
export class TermsExtras {
  private readonly hasStateLimits: boolean;
  private readonly hasRest: boolean;
  private readonly hasStops: boolean;
  private readonly hasFloors: boolean;
  private readonly hasGearing: boolean;
  private readonly hasOrders: boolean;
  private readonly hasApprovals: boolean;
  private readonly hasWholeMoney: boolean;

  constructor(private readonly seed: number) {
    this.hasStateLimits = draws(seed, 'extras: state limits').oneIn(STATE_LIMITS.seedsOneIn);
    this.hasRest = draws(seed, 'extras: rest').oneIn(REST.seedsOneIn);
    this.hasStops = draws(seed, 'extras: stops').oneIn(STOPS.seedsOneIn);
    this.hasFloors = draws(seed, 'extras: floors').oneIn(FLOORS.seedsOneIn);
    this.hasGearing = this.hasFloors && draws(seed, 'extras: geared').oneIn(GEARED.seedsOneIn);
    this.hasOrders = hasOrders(seed);
    this.hasApprovals = draws(seed, 'extras: approvals').oneIn(APPROVALS.seedsOneIn);
    this.hasWholeMoney = draws(seed, 'extras: whole money').oneIn(WHOLE_MONEY.seedsOneIn);
  }

  /** The terms a copy begins with. */
  begin(copy: number, allocation: bigint, terms: CopyTerms): CopyTerms {
    const floored = this.hasFloors ? withFloor(terms, this.drawOf('floors', copy)) : terms;
    const geared = this.hasGearing ? withGearing(floored, this.drawOf('geared', copy)) : floored;
    const limited = this.hasStateLimits ? withStateLimits(geared, allocation, this.drawOf('state limits', copy)) : geared;
    const acting = this.hasFloors ? withFloorAction(limited, this.drawOf('floor actions', copy)) : limited;
    const rests = this.hasRest && this.drawOf('rest', copy).oneIn(REST.copiesOneIn) ? ({ ...acting, onBreach: 'rest' } as const) : acting;
    const stops = this.hasStops && this.drawOf('stops', copy).oneIn(STOPS.copiesOneIn) ? ({ ...rests, protectiveStop: true } as const) : rests;
    const asking = this.hasApprovals ? withApprovals(stops, this.drawOf('approvals', copy)) : stops;
    return this.hasWholeMoney ? withWholeMoney(asking, this.drawOf('whole money', copy)) : asking;
  }

  /** The terms of a copy that is alone on its account, of a leader who works with orders: most have his orders stand for them as well. */
  mirrored(copy: number, terms: CopyTerms): CopyTerms {
    const draw = this.drawOf('orders', copy);
    if (!this.hasOrders || draw.oneIn(POSITIONS_ONE_IN)) return terms;
    const ratio = BigInt(draw.between(2_000, 60_000)) * PPM;
    const mode = terms.mode.kind === 'fixed_amount' ? ({ kind: 'fixed_ratio', ratio } as const) : terms.mode;
    return { ...terms, mode, policy: 'orders', direction: 'same', follow: 'all' };
  }

  private drawOf(what: string, copy: number): Draws {
    return draws(this.seed, `extras: ${what} of ${copy}`);
  }
}

function withApprovals(terms: CopyTerms, draw: Draws): CopyTerms {
  return draw.oneIn(APPROVALS.copiesOneIn) ? { ...terms, approveWithinMs: draw.between(...APPROVE_WITHIN_MS) } : terms;
}

/** Terms after a change of some of them: what does not go with mirrored orders ends them (docs/copying.md). */
export function withoutOrdersWhereUnfit(terms: CopyTerms): CopyTerms {
  const { policy, ...others } = terms;
  const fits = terms.direction === 'same' && terms.follow === 'all' && terms.mode.kind !== 'fixed_amount';
  return policy === undefined || fits ? terms : others;
}

/** A floor under liquidation distances, near to that of a position as large as the copy; now and then margin alone. */
function withFloor(terms: CopyTerms, draw: Draws): CopyTerms {
  if (!draw.oneIn(FLOORS.copiesOneIn)) return terms;
  const minLiquidationDistance = draw.oneIn(8) ? 0n : BigInt(draw.between(100_000, 990_000)) * PPM;
  return { ...terms, caps: { ...terms.caps, minLiquidationDistance } };
}

/** A copy that asks for several times more than others do and has no other limit: it stands at its floor. One that may be nearer to its liquidation is left as it is. */
function withGearing(terms: CopyTerms, draw: Draws): CopyTerms {
  if ((terms.caps.minLiquidationDistance ?? 0n) < GEARED_FLOOR_LEAST || !draw.oneIn(GEARED.copiesOneIn)) return terms;
  const mode = gearedMode(terms.mode, BigInt(draw.between(10, 40)));
  const caps = { ...terms.caps, maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null };
  const losses = { ...terms.losses, fromStart: null, trailing: null, daily: null, lossMoney: null };
  return { ...terms, mode, caps, losses, venueLeverage: 10 };
}

function gearedMode(mode: ModeTerms, times: bigint): ModeTerms {
  switch (mode.kind) {
    case 'fixed_ratio':
      return { ...mode, ratio: mode.ratio * times };
    case 'fixed_amount':
      return { ...mode, amount: mode.amount * times };
    default:
      return { ...mode, multiplier: mode.multiplier * times };
  }
}

/** A copy that may lose all it has: it asks for many times its money, or for several times what it is worth, and no limit but its whole money ends it. */
function withWholeMoney(terms: CopyTerms, draw: Draws): CopyTerms {
  if (!draw.oneIn(WHOLE_MONEY.copiesOneIn)) return terms;
  const { stateLimits: _, protectiveStop: __, ...others } = terms;
  const times = BigInt(draw.between(3, 8)) * 1_000_000n * PPM;
  const mode = draw.oneIn(2)
    ? ({ kind: 'proportional', multiplier: times, compounding: draw.oneIn(3) ? 'fixed_nominal' : 'reinvest' } as const)
    : gearedMode(terms.mode, BigInt(draw.between(8, 20)));
  const losses = { ...terms.losses, fromStart: 1_000_000n * PPM, trailing: null, daily: null, lossMoney: null, haltNewAt: null };
  return { ...others, mode, follow: 'all', instruments: { kind: 'all' }, caps: NO_CAPS, losses, venueLeverage: 10 };
}

const NO_CAPS = { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null } as const;

/** What is done where a mark passes a floor; the other limits of a copy without actions are told. */
function withFloorAction(terms: CopyTerms, draw: Draws): CopyTerms {
  if ((terms.caps.minLiquidationDistance ?? 0n) === 0n) return terms;
  const action = draw.weighted<StateActionTerms>([
    [15, STATE_ACTION_TERMS[0]],
    [25, STATE_ACTION_TERMS[1]],
    [40, STATE_ACTION_TERMS[2]],
    [20, STATE_ACTION_TERMS[3]],
  ]);
  const told = { position_notional: 'alert', position_share: 'alert', leverage: 'alert', gross_exposure: 'alert' } as const;
  return { ...terms, stateLimits: { ...told, ...terms.stateLimits, liquidation_distance: action } };
}

/** Limits that act on what is held, near to what a copy holds: a position at its cap passes them as its price moves. */
function withStateLimits(terms: CopyTerms, allocation: bigint, draw: Draws): CopyTerms {
  if (!draw.oneIn(STATE_LIMITS.copiesOneIn)) return terms;
  const action = (): StateActionTerms =>
    draw.weighted<StateActionTerms>([
      [15, STATE_ACTION_TERMS[0]],
      [20, STATE_ACTION_TERMS[1]],
      [40, STATE_ACTION_TERMS[2]],
      [25, STATE_ACTION_TERMS[3]],
    ]);
  const stateLimits = Object.fromEntries(STATE_LIMIT_TERMS.map((limit) => [limit, action()])) as Record<StateLimitTerms, StateActionTerms>;
  const gross = draw.oneIn(2) ? ppmOf(allocation, draw.between(200_000, 2_500_000)) : null;
  const notional = terms.caps.maxPositionNotional ?? (draw.oneIn(2) ? ppmOf(allocation, draw.between(100_000, 1_200_000)) : null);
  const share = terms.caps.maxPositionShare ?? (draw.oneIn(3) ? BigInt(draw.between(100_000, 1_500_000)) * PPM : null);
  return { ...terms, caps: { ...terms.caps, maxPositionNotional: notional, maxPositionShare: share, maxGrossExposure: gross }, stateLimits };
}
