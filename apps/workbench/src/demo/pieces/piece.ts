import type { Violation } from '../judge';
import type { DemoVenue } from '../options';
import { playBreaker } from './breaker';
import type { Coins } from './coins';
import { playNetting } from './netting';
import type { PieceStage } from './stage';
import { playStops } from './stops';

/** A short story of its own with leaders and followers of its own, judged by what it must have come to. */
export interface Piece {
  readonly name: string;
  readonly title: string;
  /** Why a venue cannot show it; null where it can. */
  readonly leftOut: (venue: DemoVenue) => string | null;
  /** What did not happen as it must; throws `NotSeen` when it waited in vain. */
  readonly play: (stage: PieceStage, coins: Coins) => Promise<readonly Violation[]>;
}

const everywhere = (): null => null;

/** All of them, in the order they are told of. */
export const PIECES: readonly Piece[] = [
  { name: 'breaker', title: 'a drawdown breaker fires', leftOut: everywhere, play: playBreaker },
  {
    name: 'netting',
    title: 'two leaders net on one follower',
    leftOut: (venue) => (venue === 'perps-studio' ? 'an account carries one copy there' : null),
    play: playNetting,
  },
  { name: 'stops', title: 'each way of stopping, with its proof', leftOut: everywhere, play: playStops },
];
