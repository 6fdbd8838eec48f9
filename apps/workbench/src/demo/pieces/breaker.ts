import { z } from 'zod';
import type { Violation } from '../judge';
import type { Coins } from './coins';
import { type BreakerStory, judgeBreaker } from './judge-breaker';
import { heldText } from './positions';
import type { PieceStage } from './stage';

const LIMIT = '0.1';
const ALLOCATION = '5000';
const FALL_PERCENT = -14n;
const [FIRST_USD, SECOND_USD] = [60_000n, 30_000n];
/** A protective stop at the venue might be set off by the same fall: here the limit itself is what is looked at. */
const BREAKER = { from_start: LIMIT, protective_stop: false };
const SETTINGS = {
  mode: { kind: 'fixed_ratio', ratio: '0.1' },
  slippage: { entry_bound: '0.02', exit_bound: '0.05' },
  max_age_ms: 30_000,
  catch_up_ms: 60_000,
  venue_leverage: 5,
};
const triggered = z.object({ limit: z.string(), threshold: z.string(), measured: z.string(), action: z.string() });

/**
 * A leader loses, a follower's loss limit fires, everything copied from that leader is closed and stays so until the follower enables it again; then it
 * follows from the leader's next open. A second follower without the limit goes on.
 */
export async function playBreaker(stage: PieceStage, { falling, other }: Coins): Promise<readonly Violation[]> {
  const leader = await stage.leader('Icarus', 0, [falling, other]);
  const [limited, free] = await Promise.all(
    [BREAKER, { from_start: null }].map(async (breaker, index) =>
      stage.copy(leader, await stage.account(`follower-${index}`, [falling, other]), ALLOCATION, { ...SETTINGS, breaker }),
    ),
  );
  if (limited === undefined || free === undefined) throw new TypeError('two copies');
  const [first, second] = [await stage.lots(falling, FIRST_USD), await stage.lots(other, SECOND_USD)];
  const tenth = (coin: string, lots: bigint): string => stage.size(coin, lots / 10n);
  const held = { [falling]: tenth(falling, first), [other]: tenth(other, second) };
  await stage.trade(leader, falling, first);
  await stage.trade(leader, other, second);
  const before = await stage.untilHolds(limited, held);
  await stage.untilHolds(free, held);
  stage.say(`two followers hold ${heldText(held)}; one has a loss limit of ${LIMIT} from the start; ${falling} falls by ${-FALL_PERCENT} %`);
  await stage.movePrice(falling, FALL_PERCENT);
  await stage.untilState(limited, 'breaker_closed');
  const closed = await stage.untilHolds(limited, {});
  const fired = (await stage.events('breaker.triggered', limited.copyId)).map((data) => triggered.parse(data));
  const [last] = fired.filter(({ action }) => action === 'close');
  stage.say(`the limit fired at a loss of ${last?.measured ?? '?'}: the follower holds ${heldText(closed.venue)}, the other ${heldText(held)}`);
  const added = first + first / 2n;
  await stage.trade(leader, falling, added);
  const addDecision = await stage.decision(limited, falling, added);
  const kept = { ...held, [falling]: tenth(falling, added) };
  const others = await stage.untilHolds(free, kept);
  const afterAdd = await stage.see(limited);
  stage.say(`the leader adds: ${addDecision} for the closed copy, the other holds ${heldText(others.venue)}`);
  await stage.post(limited, 're-enable');
  await stage.untilState(limited, 'active');
  await stage.trade(leader, other, 0n);
  await stage.untilHolds(free, { [falling]: tenth(falling, added) });
  await stage.trade(leader, other, second);
  await stage.untilHolds(free, kept);
  const followed = await stage.untilHolds(limited, { [other]: tenth(other, second) });
  stage.say(`enabled again it follows from the next open: ${heldText(followed.venue)}`);
  for (const coin of [falling, other]) await stage.trade(leader, coin, 0n);
  const end = [await stage.untilHolds(limited, {}), await stage.untilHolds(free, {})] as const;
  const story: BreakerStory = {
    limit: LIMIT,
    fired,
    before,
    closed,
    addDecision,
    afterAdd,
    others,
    othersExpected: kept,
    followed,
    reopened: other,
    end,
  };
  return judgeBreaker(story);
}
