import { z } from 'zod';
import type { Violation } from '../judge';
import type { Coins } from './coins';
import { judgeNetting } from './judge-netting';
import type { PieceCopy, PieceStage } from './stage';

const ALLOCATION = '5000';
const [LONG_USD, SHORT_USD] = [6_000n, 10_000n];
/** What the leaders keep for a moment: a tenth of it is below the venue's smallest order. */
const REMNANT_USD = 40n;
const SETTINGS = {
  mode: { kind: 'fixed_ratio', ratio: '0.1' },
  slippage: { entry_bound: '0.02', exit_bound: '0.05' },
  max_age_ms: 30_000,
  catch_up_ms: 60_000,
  venue_leverage: 5,
};
const order = z.object({ side: z.enum(['buy', 'sell']), size: z.string(), reduce_only: z.boolean(), created_at: z.string(), leg: z.number() });
const fill = z.object({
  copy_id: z.string().nullable(),
  internal: z.boolean(),
  side: z.string(),
  size: z.string(),
  price: z.string(),
  fee: z.string(),
});
const crossed = z.object({
  buyer_copy_id: z.string(),
  seller_copy_id: z.string(),
  size: z.string(),
  price: z.string(),
  bid: z.string(),
  ask: z.string(),
});

/**
 * One follower copies two leaders through one venue account. They go opposite ways: the account holds the net, an order that crosses it is split, and what
 * both want that is too small for the venue crosses inside.
 */
export async function playNetting(stage: PieceStage, { netting: coin }: Coins): Promise<readonly Violation[]> {
  const [castor, pollux] = [await stage.leader('Castor', 0, [coin]), await stage.leader('Pollux', 1, [coin])];
  const account = await stage.account('follower', [coin]);
  const long = await stage.copy(castor, account, ALLOCATION, SETTINGS);
  const short = await stage.copy(pollux, account, ALLOCATION, SETTINGS);
  const [bought, sold] = [await stage.lots(coin, LONG_USD), await stage.lots(coin, SHORT_USD)];
  const remnant = await stage.lotsInSteps(coin, REMNANT_USD, 10n);
  const size = (lots: bigint): string => stage.size(coin, lots / 10n);
  const settled = async (ofLong: bigint, ofShort: bigint) => {
    const held = [size(ofLong), size(ofShort), size(ofLong + ofShort)] as const;
    return stage.until(`the copies hold ${held[0]} and ${held[1]}, the account ${held[2]}`, async () => {
      const seen = await heldOf(stage, coin, long, short);
      return seen.join() === held.join() ? seen : null;
    });
  };
  await stage.trade(castor, coin, bought);
  await settled(bought, 0n);
  await stage.trade(pollux, coin, -sold);
  const opened = await settled(bought, -sold);
  const legs = (await stage.list(`/v1/orders?copy_id=${short.copyId}`, order)).sort((a, b) => a.leg - b.leg);
  stage.say(
    `one account, two leaders: ${opened[0]} of one and ${opened[1]} of the other are ${opened[2]} ${coin} at the venue; the second's order was ${legs.map(({ size: part, reduce_only }) => `${part}${reduce_only ? ' reduce-only' : ''}`).join(' and ')}`,
  );
  await stage.trade(castor, coin, remnant);
  await stage.trade(pollux, coin, -remnant);
  await settled(remnant, -remnant);
  const venueFills = (await stage.truth(account)).fills.length;
  await stage.trade(castor, coin, 0n);
  await stage.trade(pollux, coin, 0n);
  const end = await settled(0n, 0n);
  const crosses = (await stage.events('copy.crossed', long.copyId)).map((data) => crossed.parse(data));
  const internal = [long, short].map(async ({ copyId }) => stage.list(`/v1/fills?copy_id=${copyId}`, fill));
  const fills = (await Promise.all(internal)).flat().filter((each) => each.internal);
  const [cross] = crosses;
  stage.say(
    `both leaders close: the last ${size(remnant)} cross inside at ${cross?.price ?? '?'}, between ${cross?.bid ?? '?'} and ${cross?.ask ?? '?'}, without an order`,
  );
  return judgeNetting({
    long: long.copyId,
    short: short.copyId,
    opened,
    legs,
    remnant: size(remnant),
    crosses,
    fills,
    venueFills: [venueFills, (await stage.truth(account)).fills.length],
    end,
  });
}

/** What each copy holds by the API, and the account at the venue. */
async function heldOf(stage: PieceStage, coin: string, long: PieceCopy, short: PieceCopy): Promise<readonly [string, string, string]> {
  const [first, second] = [await stage.see(long), await stage.see(short)];
  return [first.told[coin] ?? '0', second.told[coin] ?? '0', second.venue[coin] ?? '0'];
}
