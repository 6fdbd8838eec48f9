import { parseMoney, unwrap } from '@lockstep/kernel';
import type { Violation } from '../judge';
import { heldText, samePositions } from './positions';
import type { Seen } from './stage';

/** What a `copy.flat` says. */
export interface FlatProof {
  readonly flat: boolean;
  readonly dust_pending: readonly { readonly coin: string; readonly size: string }[];
  readonly handed_over: readonly { readonly coin: string; readonly size: string }[];
}

interface Stopped {
  readonly end: Seen;
  /** Every proof told of the copy. */
  readonly proofs: readonly FlatProof[];
}

/** How four copies that held the same were stopped, each in another way. */
export interface StopsStory {
  readonly coin: string;
  readonly held: string;
  readonly half: string;
  /** `end` while the leader still held everything. */
  readonly closed: Stopped;
  readonly followed: Stopped & { readonly addDecision: string; readonly afterAdd: Seen; readonly halved: Seen };
  /** `later`: after the leader had closed. */
  readonly handed: Stopped & { readonly later: Seen };
  /** `slices`: what the venue filled since the stop, with what was left after each; ms. */
  readonly unwound: Stopped & {
    readonly from: number;
    readonly by: number;
    readonly slices: readonly { readonly time: number; readonly left: bigint }[];
  };
}

/** How long after its deadline the last slice may have filled, in ms: it is sent at the deadline, and an exit that does not fill is repeated. */
const LATE_MS = 15_000;
/** Slices are this far apart at least, in ms, and a fill may come that much earlier than its slice's share of the time. */
const SLICE_MS = 5_000;

const units = (text: string): bigint => unwrap(parseMoney(text), 'a size');

/** Product §2.11: every way of stopping ends with a proof that nothing is left, or with the list of what was handed over. */
export function judgeStops(story: StopsStory): readonly Violation[] {
  const violations: Violation[] = [];
  const must = (holds: boolean, rule: string, detail: string): void => {
    if (!holds) violations.push({ rule, detail });
  };
  const { coin, held, half, closed, followed, handed, unwound } = story;
  for (const [mode, { end, proofs }] of Object.entries({ close_now: closed, follow_to_close: followed, hand_over: handed, unwind_by: unwound })) {
    must(end.state === 'stopped' && proofs.length === 1, 'a stop ends with one flatness proof', `${mode}: ${end.state}, ${proofs.length} proofs`);
    if (mode === 'hand_over') continue;
    const proven = proofs.every(({ flat, dust_pending, handed_over }) => flat && dust_pending.length + handed_over.length === 0);
    const flat = samePositions(end.venue, {}) && samePositions(end.told, {});
    must(
      proven && flat,
      'what a flatness proof says is so at the venue',
      `${mode}: ${JSON.stringify(proofs)}, the venue holds ${heldText(end.venue)}`,
    );
  }
  const entered = followed.addDecision !== 'winding_down' || followed.afterAdd.venue[coin] !== held;
  must(!entered, 'a copy that follows to the close enters nothing', `decided ${followed.addDecision}, holds ${heldText(followed.afterAdd.venue)}`);
  must(
    followed.halved.venue[coin] === half && followed.halved.state === 'winding_down',
    'a copy that follows to the close exits with its leader',
    heldText(followed.halved.venue),
  );
  const [proof] = handed.proofs;
  const listed = proof?.handed_over ?? [];
  must(
    proof?.flat === false && listed.length === 1 && listed[0]?.coin === coin && units(listed[0].size) === units(held),
    'what is handed over is listed',
    JSON.stringify(handed.proofs),
  );
  const left = [handed.end, handed.later].every(({ venue, told }) => samePositions(venue, { [coin]: held }) && samePositions(told, {}));
  must(left, 'what is handed over stays as it is, and is the follower’s own', `${heldText(handed.end.venue)}, later ${heldText(handed.later.venue)}`);
  judgeSlices(story, must);
  return violations;
}

/** Several slices, each closing, none ahead of the straight line by more than a slice, the last by the deadline. */
function judgeSlices({ held, unwound: { from, by, slices } }: StopsStory, must: (holds: boolean, rule: string, detail: string) => void): void {
  const whole = Number(units(held));
  const told = slices.map(({ time, left }) => `${left} left after ${time - from} ms`).join(', ');
  const bursts = slices.filter(({ time }, index) => index === 0 || time - (slices[index - 1]?.time ?? 0) >= SLICE_MS / 2).length;
  must(bursts >= 2 && slices.at(-1)?.left === 0n, 'an unwinding closes in slices', told);
  must((slices.at(-1)?.time ?? Number.POSITIVE_INFINITY) <= by + LATE_MS, 'an unwinding ends by its deadline', told);
  const tooFast = slices.some(({ time, left }) => time < by && Number(left) < whole * (1 - (time - from + SLICE_MS) / (by - from)));
  must(!tooFast, 'an unwinding is no faster than the straight line', told);
}
