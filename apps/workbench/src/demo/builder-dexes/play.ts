import { formatMoney, money, mulDiv, parseMoney, present, unwrap } from '@lockstep/kernel';
import { z } from 'zod';
import { auditCopies } from '../audit';
import { auditInput } from '../audit-input';
import type { DemoCopy } from '../brand';
import { type Cast, say, settleDown } from '../cast';
import type { Findings } from '../judge';
import { act, closeAll } from '../leaders';
import type { DemoOptions } from '../options';
import { between } from '../play';
import { stopsOf } from './tour';

/** Before this round followers that are there to show it take their collateral out of a dex, all but what keeps their position. */
const DRAIN_ROUND = 2;
/** After this round funding is charged: early, because a charge is read once it is ten seconds old. */
const FUNDING_ROUND = 1;
const FUNDING_RATE = '0.0001';
/** The engine of a tour looks for funding so often. */
export const TOUR_ENGINE = { LOCKSTEP_FUNDING_PERIOD_MS: '1000' };
/** Less than elsewhere: an isolated position at the venue's default leverage of 20 is liquidated by a fall of 6 %. */
const SHOCK_PERCENT = -2n;
/** What an account had when its collateral was taken out. */
export type Drains = ReadonlyMap<DemoCopy, number>;

/** What was found while the leaders held positions, and what happened on the way. */
export interface TourEnd {
  readonly open: Findings;
  readonly drains: Drains;
  /** Funding was charged, and is in the books at the end. */
  readonly fundingDue: boolean;
}

export interface TourOptions extends Pick<DemoOptions, 'rounds' | 'seed'> {
  /** Few enough accounts to wait for what the engine does behind the waves: an hour of funding is charged on the way, and leverage is looked at. */
  readonly quiet: boolean;
  /** How long repair and readings of funding may be at work, in ms. */
  readonly repairMaxMs: number;
}

/**
 * Rounds through every builder dex: in each round every leader trades an instrument of each. While everything is open every copy is held against the
 * venue's books, to the lot; then all leaders close all they have.
 */
export async function playBuilderDexes(cast: Cast, options: TourOptions): Promise<TourEnd> {
  const { market, control, leaders } = cast;
  const coins = market.builderDexes.flatMap(({ listings }) => listings.filter(({ delisted }) => !delisted).map(({ coin }) => coin));
  const drains = new Map<DemoCopy, number>();
  for (let round = 1; round <= options.rounds; round += 1) {
    if (round === DRAIN_ROUND) await drain(cast, drains);
    await between(cast, round, { percent: SHOCK_PERCENT, coins });
    for (const [index, leader] of leaders.entries()) {
      const stops = stopsOf(market.builderDexes, index, round);
      const deeds = await Promise.all(stops.map((coin) => act(leader, market, control, options.seed, round, coin)));
      for (const deed of deeds) say(`round ${round}: ${deed.leader} ${deed.text}`);
      await settleDown(cast);
    }
    if (options.quiet && round === FUNDING_ROUND) {
      say(`an hour of funding at ${FUNDING_RATE} is charged on every position`);
      await control.chargeFunding(FUNDING_RATE);
    }
  }
  say('\nHolding every open position against the venue, to the lot ...');
  const open = await auditCopies({
    ...auditInput(cast, options.repairMaxMs),
    toTheLot: true,
    ...(options.quiet ? { fundingDue: true, leverageDue: true } : {}),
  });
  say('every leader closes everything');
  await Promise.all(leaders.map((leader) => closeAll(leader, market, control)));
  await settleDown(cast);
  return { open: open.findings, drains, fundingDue: options.quiet };
}

const clearings = z.object({
  dexes: z.array(
    z.object({ dex: z.string(), state: z.object({ crossMarginSummary: z.object({ accountValue: z.string(), totalNtlPos: z.string() }) }) }),
  ),
  fills: z.array(z.unknown()),
});
/** What is left in a drained clearinghouse, in hundredths of the position: above maintenance by more than the market falls, below the margin of another position. */
const LEFT_PERCENT = 6n;
/** The venue counts in whole millionths. */
const MILLIONTH = 100n;

async function drain(cast: Cast, drains: Map<DemoCopy, number>): Promise<void> {
  for (const brand of cast.brands) {
    for (const copy of brand.copies) {
      if (copy.role?.kind !== 'drained') continue;
      const { dex } = copy.role;
      const [row] = await cast.control.truth('all', copy.address);
      const { dexes, fills } = clearings.parse(row);
      const summary = present(dexes.find((each) => each.dex === dex)?.state.crossMarginSummary, `the clearinghouse of ${dex}`);
      const left = mulDiv(units(summary.totalNtlPos), LEFT_PERCENT, 100n, 'zero');
      const free = mulDiv(units(summary.accountValue) - left, 1n, MILLIONTH, 'zero') * MILLIONTH;
      await cast.control.credit(copy.address, formatMoney(money(-free)), dex);
      copy.paid.set(dex, (copy.paid.get(dex) ?? 0n) - free);
      drains.set(copy, fills.length);
      say(`a follower of ${brand.name} takes ${formatMoney(money(free))} ${cast.market.collateralOfDex(dex)} out of ${dex}`);
    }
  }
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of the venue');
