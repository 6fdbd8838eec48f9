import { type Cast, say, settleDown } from '../cast';
import type { Violation } from '../judge';
import type { DemoVenue } from '../options';
import { coinsOf } from './coins';
import { PIECES, type Piece } from './piece';
import { NotSeen, PieceStage } from './stage';

export interface PiecesOptions {
  readonly seed: number;
  readonly venue: DemoVenue;
}

/** Plays all pieces side by side, whatever the size of the cast; what did not happen as it must is returned. */
export async function playPieces(cast: Cast, { seed, venue }: PiecesOptions): Promise<readonly Violation[]> {
  const { showcase } = cast;
  if (showcase === null) return [];
  say(`\nPieces, played by followers of ${showcase.name} with leaders of their own`);
  const found = await Promise.all(
    PIECES.map(async (piece, number) => {
      const reason = piece.leftOut(venue);
      if (reason !== null) {
        say(`  ${piece.name}: left out on ${venue}, ${reason}`);
        return [];
      }
      return playOne(piece, new PieceStage(cast, showcase, seed, piece.name, number), venue);
    }),
  );
  await settleDown(cast);
  return found.flat();
}

async function playOne(piece: Piece, stage: PieceStage, venue: DemoVenue): Promise<readonly Violation[]> {
  try {
    const violations = await piece.play(stage, coinsOf(venue));
    stage.say(violations.length === 0 ? `shown: ${piece.title}` : `NOT SHOWN: ${violations.map(({ rule }) => rule).join('; ')}`);
    return violations;
  } catch (thrown) {
    if (!(thrown instanceof NotSeen)) throw thrown;
    stage.say(`NOT SHOWN: ${thrown.message}`);
    return [{ rule: `the piece "${piece.title}" comes to its end`, detail: thrown.message }];
  }
}
