import { z } from 'zod';
import type { Violation } from '../judge';
import { positionsOf } from '../judge-limits';
import type { Coins } from './coins';
import { judgeStops, type StopsStory } from './judge-stops';
import { heldText } from './positions';
import type { PieceCopy, PieceStage } from './stage';

const ALLOCATION = '5000';
const OPEN_USD = 8_000n;
/** Slices are five seconds apart: up to four of them. */
const UNWIND_MS = 20_000;
const SETTINGS = {
  mode: { kind: 'fixed_ratio', ratio: '0.1' },
  slippage: { entry_bound: '0.02', exit_bound: '0.05' },
  max_age_ms: 30_000,
  catch_up_ms: 60_000,
  venue_leverage: 5,
};
const MODES = ['close_now', 'follow_to_close', 'hand_over', 'unwind_by'] as const;
const flatness = z.object({
  flat: z.boolean(),
  dust_pending: z.array(z.object({ coin: z.string(), size: z.string(), notional: z.string() })),
  handed_over: z.array(z.object({ coin: z.string(), size: z.string(), price: z.string(), notional: z.string() })).default([]),
});

/** Four followers of one leader stop, each in another way; the leader goes on, reduces, and closes in the end. */
export async function playStops(stage: PieceStage, { stopping: coin }: Coins): Promise<readonly Violation[]> {
  const leader = await stage.leader('Helm', 0, [coin]);
  const copies = await Promise.all(MODES.map(async (mode) => stage.copy(leader, await stage.account(mode, [coin]), ALLOCATION, SETTINGS)));
  const [closing, following, handing, unwinding] = copies;
  if (!closing || !following || !handing || !unwinding) throw new TypeError('four copies');
  const opened = await stage.lots(coin, OPEN_USD);
  const size = (lots: bigint): string => stage.size(coin, lots / 10n);
  const held = { [coin]: size(opened) };
  await stage.trade(leader, coin, opened);
  await Promise.all(copies.map((copy) => stage.untilHolds(copy, held)));
  stage.say(`four followers hold ${heldText(held)} each and stop: close_now, follow_to_close, hand_over, unwind_by ${UNWIND_MS / 1000} s from now`);
  const stoppedAt = Date.now();
  const by = stoppedAt + UNWIND_MS;
  const bodies = MODES.map((mode) => (mode === 'unwind_by' ? { mode, by: new Date(by).toISOString() } : { mode }));
  await Promise.all(copies.map((copy, index) => stage.post(copy, 'stop', bodies[index])));
  const closed = await stage.untilState(closing, 'stopped');
  const handed = await stage.untilState(handing, 'stopped');
  await stage.untilState(following, 'winding_down');
  const added = opened + opened / 2n;
  await stage.trade(leader, coin, added);
  const addDecision = await stage.decision(following, coin, added);
  const afterAdd = await stage.see(following);
  const unwound = await stage.untilState(unwinding, 'stopped');
  await stage.trade(leader, coin, added / 2n);
  const halved = await stage.untilHolds(following, { [coin]: size(opened / 2n) });
  await stage.trade(leader, coin, 0n);
  const followed = await stage.untilState(following, 'stopped');
  const proofs = await Promise.all(copies.map((copy) => proofsOf(stage, copy)));
  MODES.forEach((mode, index) => {
    for (const proof of proofs[index] ?? []) stage.say(`${mode}: proof ${JSON.stringify(proof)}`);
  });
  const slices = (await stage.truth(unwinding)).fills
    .filter(({ time }) => time >= stoppedAt)
    .map((fill) => ({ time: fill.time, left: positionsOf(fill).after }));
  const story: StopsStory = {
    coin,
    held: held[coin] ?? '0',
    half: size(opened / 2n),
    closed: { end: closed, proofs: proofs[0] ?? [] },
    followed: { end: followed, proofs: proofs[1] ?? [], addDecision, afterAdd, halved },
    handed: { end: handed, proofs: proofs[2] ?? [], later: await stage.see(handing) },
    unwound: { end: unwound, proofs: proofs[3] ?? [], from: stoppedAt, by, slices },
  };
  return judgeStops(story);
}

const proofsOf = async (stage: PieceStage, { copyId }: PieceCopy) => (await stage.events('copy.flat', copyId)).map((data) => flatness.parse(data));
