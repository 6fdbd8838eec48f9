import { z } from 'zod';
import type { DemoBrand } from './brand';
import { type Cast, say, settleDown } from './cast';
import { act, BUILDER_DEX_COIN, closeAll, type DemoLeader, MADE_UP_COINS, shock } from './leaders';
import type { DemoOptions } from './options';

/** The first leader trades on the builder-deployed dex in this round. */
const BUILDER_DEX_ROUND = 2;
const PAUSE_ROUND = 3;
const RESUME_ROUND = 5;
const SHOCK_ROUND = 6;
const SHOCK_PERCENT = -6n;
const STATE_POLL_MS = 100;
const STATE_WAIT_MS = 120_000;
const copyState = z.object({ state: z.string() });

/**
 * Rounds of leader activity, with what happens to copies on the way: a few are paused and resumed, and the market falls once, so that loss limits
 * have to act. In the end the first leader closes everything.
 */
export async function playLeaders(cast: Cast, leaders: readonly DemoLeader[], options: Pick<DemoOptions, 'rounds' | 'seed'>): Promise<void> {
  for (let round = 1; round <= options.rounds; round += 1) {
    await between(cast, round, { percent: SHOCK_PERCENT, coins: MADE_UP_COINS });
    for (const [index, leader] of leaders.entries()) {
      const given = index === 0 && round === BUILDER_DEX_ROUND ? BUILDER_DEX_COIN : undefined;
      const deed = await act(leader, cast.market, cast.control, options.seed, round, given);
      say(`round ${round}: ${deed.leader} ${deed.text}`);
      await settleDown(cast);
    }
  }
  const [first] = leaders;
  if (!first) return;
  say(`${first.name} closes everything`);
  await closeAll(first, cast.market, cast.control);
  await settleDown(cast);
}

/** What happens between two rounds: a few copies are paused and resumed, and the market falls once. */
export async function between(cast: Cast, round: number, fall: { readonly percent: bigint; readonly coins: readonly string[] }): Promise<void> {
  if (round === PAUSE_ROUND) await everyBrand(cast, 'pause', 'paused');
  if (round === RESUME_ROUND) await everyBrand(cast, 'resume', 'active');
  if (round !== SHOCK_ROUND) return;
  say(`the market falls by ${-fall.percent} % at once`);
  await shock(cast.market, cast.control, fall.percent, fall.coins);
  await settleDown(cast);
}

/** One follower of each brand pauses or resumes its copy through the API. */
async function everyBrand(cast: Cast, wish: 'pause' | 'resume', state: string): Promise<void> {
  for (const brand of cast.brands) {
    const copyId = (brand.copies.find(({ role }) => role === null) ?? brand.copies[0])?.copyId;
    if (copyId === undefined) continue;
    const before = await stateOf(brand, copyId);
    if (before !== (wish === 'pause' ? 'active' : 'paused')) continue;
    await brand.api.must('POST', `/v1/copies/${copyId}/${wish}`, {});
    const until = Date.now() + STATE_WAIT_MS;
    while ((await stateOf(brand, copyId)) !== state) {
      if (Date.now() > until) throw new Error(`copy ${copyId} did not become ${state}`);
      await new Promise((resolve) => setTimeout(resolve, STATE_POLL_MS));
    }
    say(`a follower of ${brand.name} ${wish}s its copy`);
  }
}

const stateOf = async (brand: DemoBrand, copyId: string): Promise<string> =>
  copyState.parse(await brand.api.must('GET', `/v1/copies/${copyId}`)).state;
