import type { ScenarioCoin, ScenarioLeader } from './cast';
import { ppmOf } from './coins';
import type { Draws } from './draws';
import type { CapTerms, CopyTerms, LossTerms, ModeTerms } from './terms';

const ONE = 1_000_000_000_000n;
const UNIT = 100_000_000n;
const LEAST_AMOUNT = 10n * UNIT;
/** A rate of so many millionths. */
const ppm = (parts: number): bigint => BigInt(parts) * 1_000_000n;
const orNone = <T>(draw: Draws, oneIn: number, value: () => T): T | null => (draw.oneIn(oneIn) ? value() : null);

/** Who copies whom with how much, as far as terms depend on it. */
export interface TermsFor {
  readonly leader: ScenarioLeader;
  readonly allocation: bigint;
  readonly coins: readonly ScenarioCoin[];
}

/** Terms of a copy: sizes come out above the venue's least order most of the time, and limits are met often. */
export function drawTerms(who: TermsFor, draw: Draws): CopyTerms {
  const direction = draw.oneIn(5) ? 'inverse' : 'same';
  return {
    mode: drawMode(who, draw),
    direction,
    follow: draw.weighted([
      [88, 'all'],
      [8, 'increases_only'],
      [4, 'decreases_only'],
    ]),
    start: draw.weighted<CopyTerms['start']>([
      [65, { kind: 'next_open' }],
      [20, { kind: 'adopt', band: null }],
      [15, { kind: 'adopt', band: ppm(draw.between(1_000, 80_000)) }],
    ]),
    instruments: drawFilter(who, draw),
    caps: drawCaps(who, draw),
    losses: drawLosses(who.allocation, draw),
    entryBound: ppm(
      draw.weighted([
        [20, draw.between(200, 2_000)],
        [60, 5_000],
        [20, draw.between(5_000, 30_000)],
      ]),
    ),
    exitBound: ppm(draw.between(10_000, 60_000)),
    maxAgeMs: draw.weighted([
      [60, 2_000],
      [25, draw.between(400, 2_000)],
      [15, draw.between(2_000, 8_000)],
    ]),
    catchUpMs: draw.weighted([
      [50, 10_000],
      [20, 0],
      [30, draw.between(1_000, 20_000)],
    ]),
    venueLeverage: draw.weighted([
      [50, 10],
      [30, draw.between(1, 5)],
      [20, draw.between(5, 10)],
    ]),
  };
}

/** What a copy would get for its leader's whole equity: the ratio that makes it the leader's likeness. */
const likeness = ({ leader, allocation }: TermsFor): bigint => (allocation * ONE) / Object.values(leader.cash).reduce((sum, cash) => sum + cash, 1n);

function drawMode(who: TermsFor, draw: Draws): ModeTerms {
  const factor = draw.weighted([
    [55, draw.between(500_000, 1_500_000)],
    [30, draw.between(1_500_000, 5_000_000)],
    [15, draw.between(50_000, 500_000)],
  ]);
  const multiplier = ppm(factor);
  const ratio = ppmOf(likeness(who), factor);
  return draw.weighted<ModeTerms>([
    [35, { kind: 'fixed_ratio', ratio: ratio > 1_000_000n ? ratio : 1_000_000n }],
    [28, { kind: 'proportional', multiplier, compounding: 'reinvest' }],
    [16, { kind: 'proportional', multiplier, compounding: 'fixed_nominal' }],
    [17, { kind: 'fixed_amount', amount: drawAmount(who.allocation, draw), maxAdds: draw.oneIn(2) ? null : draw.between(1, 6) }],
    [
      4,
      {
        kind: 'risk_normalised',
        multiplier,
        targetVolatility: ppm(draw.between(200_000, 1_500_000)),
        scaleLeast: ppm(draw.between(100_000, 900_000)),
        scaleMost: ppm(draw.between(1_000_000, 4_000_000)),
      },
    ],
  ]);
}

function drawAmount(allocation: bigint, draw: Draws): bigint {
  const amount = ppmOf(allocation, draw.between(20_000, 400_000));
  return amount > LEAST_AMOUNT ? amount : LEAST_AMOUNT;
}

function drawFilter({ leader, coins }: TermsFor, draw: Draws): CopyTerms['instruments'] {
  const some = draw.shuffled(leader.coins);
  return draw.weighted<CopyTerms['instruments']>([
    [75, { kind: 'all' }],
    [13, { kind: 'only', coins: some.slice(0, Math.max(1, some.length - 1)).sort() }],
    [12, { kind: 'except', coins: [draw.pick(coins).coin] }],
  ]);
}

function drawCaps({ allocation, leader, coins }: TermsFor, draw: Draws): CapTerms {
  const worth = ppmOf(allocation, draw.between(60_000, 1_500_000));
  const measured = coins.find(({ coin }) => coin === leader.coins[0]);
  return {
    maxPositionSize: measured === undefined ? null : orNone(draw, 6, () => (worth * UNIT) / measured.startPrice + 1n),
    maxPositionNotional: orNone(draw, 3, () => worth),
    maxPositionShare: orNone(draw, 4, () => ppm(draw.between(60_000, 2_000_000))),
    maxLeverage: draw.weighted<bigint | null>([
      [45, ppm(10_000_000)],
      [40, ppm(draw.between(200_000, 3_000_000))],
      [15, null],
    ]),
  };
}

/** Tight more often than not: a position of about the allocation meets them when its price moves by a few hundredths. */
export function drawLosses(allocation: bigint, draw: Draws): LossTerms {
  const isTight = !draw.oneIn(3);
  const tight = (): number => (draw.oneIn(4) ? draw.between(2_000, 10_000) : draw.between(10_000, 60_000));
  const share = (): bigint => ppm(isTight ? tight() : draw.between(50_000, 300_000));
  const hasLadder = draw.oneIn(3);
  const alert = draw.between(200_000, 700_000);
  return {
    fromStart: orNone(draw, 3, share),
    trailing: orNone(draw, 3, share),
    daily: orNone(draw, 4, share),
    lossMoney: orNone(draw, 5, () => ppmOf(allocation, Number(share() / 1_000_000n)) + 1n),
    alertAt: hasLadder ? ppm(alert) : null,
    haltNewAt: hasLadder || draw.oneIn(6) ? ppm(draw.between(alert, 950_000)) : null,
    closeAfterMarks: draw.weighted([
      [65, 1],
      [25, 2],
      [10, draw.between(3, 6)],
    ]),
  };
}

export const hasLossLimit = ({ losses }: CopyTerms): boolean =>
  losses.fromStart !== null || losses.trailing !== null || losses.daily !== null || losses.lossMoney !== null;

const half = (value: bigint | null): bigint | null => (value === null ? null : value / 2n > 0n ? value / 2n : value);
const twice = (value: bigint | null, most: bigint): bigint | null => (value === null ? null : value * 2n < most ? value * 2n : most);

/** The same terms with stricter limits. */
export function tightened(terms: CopyTerms, { allocation }: TermsFor, draw: Draws): CopyTerms {
  const { caps, losses } = terms;
  return {
    ...terms,
    caps: {
      maxPositionSize: half(caps.maxPositionSize),
      maxPositionNotional: half(caps.maxPositionNotional) ?? ppmOf(allocation, draw.between(50_000, 500_000)),
      maxPositionShare: half(caps.maxPositionShare),
      maxLeverage: half(caps.maxLeverage) ?? ppm(1_000_000),
      ...(caps.maxGrossExposure !== undefined && { maxGrossExposure: half(caps.maxGrossExposure) }),
      ...(caps.minLiquidationDistance !== undefined && { minLiquidationDistance: caps.minLiquidationDistance }),
    },
    losses: draw.oneIn(2)
      ? losses
      : { ...losses, fromStart: half(losses.fromStart), trailing: half(losses.trailing) ?? ppm(20_000), daily: half(losses.daily) },
  };
}

const MONEY_MOST = 5_000_000_000_000_000n;
const LEVERAGE_MOST = 100n * ONE;

/** The same terms with limits twice as wide, or without some. */
export function loosened(terms: CopyTerms, draw: Draws): CopyTerms {
  const { caps, losses } = terms;
  return {
    ...terms,
    caps: {
      maxPositionSize: draw.oneIn(3) ? null : twice(caps.maxPositionSize, MONEY_MOST),
      maxPositionNotional: draw.oneIn(3) ? null : twice(caps.maxPositionNotional, MONEY_MOST),
      maxPositionShare: draw.oneIn(3) ? null : twice(caps.maxPositionShare, LEVERAGE_MOST),
      maxLeverage: twice(caps.maxLeverage, LEVERAGE_MOST),
      ...(caps.maxGrossExposure !== undefined && { maxGrossExposure: twice(caps.maxGrossExposure, MONEY_MOST) }),
      ...(caps.minLiquidationDistance !== undefined && { minLiquidationDistance: caps.minLiquidationDistance }),
    },
    losses: {
      ...losses,
      fromStart: twice(losses.fromStart, ONE),
      trailing: twice(losses.trailing, ONE),
      daily: twice(losses.daily, ONE),
      lossMoney: twice(losses.lossMoney, MONEY_MOST),
    },
  };
}

/** Other choices, the same limits; the direction stays, since it can change only while the copy is flat. */
export function rechosen(terms: CopyTerms, who: TermsFor, draw: Draws): CopyTerms {
  const other = drawTerms(who, draw);
  return draw.oneIn(2)
    ? { ...terms, mode: other.mode }
    : {
        ...terms,
        follow: other.follow,
        instruments: other.instruments,
        entryBound: other.entryBound,
        maxAgeMs: other.maxAgeMs,
        catchUpMs: other.catchUpMs,
      };
}
