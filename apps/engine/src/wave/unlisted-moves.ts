import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import { equityBefore } from '../watch/inbox';
import { laneKey, type RecordedMove } from './recorded-move';

/** Why a move was given up, as it stands in its row. */
const UNLISTED = 'unlisted_instrument';

/**
 * Moves of instruments the venue's list did not name when they came: a new listing. The list is read again, then they are planned in their order; what it
 * still does not name is given up with that reason. What waits stands in the inbox as recorded, so that a restart takes it up again.
 */
export class UnlistedMoves {
  private readonly waiting = new Map<string, RecordedMove[]>();

  constructor(
    private readonly ctx: Pick<EngineContext, 'storage' | 'log' | 'limits'>,
    private readonly onListed: (moves: readonly RecordedMove[]) => void,
  ) {}

  /** Takes a move of an unlisted instrument. False: it is listed and nothing of it waits here. */
  take(move: RecordedMove): boolean {
    const key = laneKey(move.watched.no, move.move.coin);
    const behind = this.waiting.get(key);
    if (behind === undefined && isListed(move)) return false;
    if (behind !== undefined && behind.length < this.ctx.limits.laneDepthMax) behind.push(move);
    else if (behind === undefined) {
      this.waiting.set(key, [move]);
      void this.settle(key, move.watched.network);
    } else void this.giveUp([move]);
    return true;
  }

  private async settle(key: string, network: Network): Promise<void> {
    for (let moves = this.waiting.get(key) ?? []; moves.length > 0; moves = this.waiting.get(key) ?? []) {
      const newest = moves.reduce((latest, { receivedAt }) => Math.max(latest, receivedAt), 0);
      await network.listings.readSince(newest);
      // Taken out before they are handed on, or they would come back here.
      const ready = moves.filter(({ receivedAt }) => receivedAt <= newest);
      const [first] = ready;
      const listed = first !== undefined && isListed(first);
      if (listed) this.waiting.delete(key);
      else
        this.waiting.set(
          key,
          moves.filter((move) => !ready.includes(move)),
        );
      if (listed) this.onListed(moves.map(withEquity));
      else await this.giveUp(ready);
    }
    this.waiting.delete(key);
  }

  private async giveUp(moves: readonly RecordedMove[]): Promise<void> {
    const ids = moves.map(({ wave }) => wave);
    const [first] = moves;
    this.ctx.log.error('a leader traded an instrument the venue does not list', {
      moves: ids,
      coin: first?.move.coin,
      network: first?.watched.network.name,
    });
    try {
      await this.ctx.storage.platform((unit) => unit.inbox.giveUpMoves(ids.map(BigInt), UNLISTED));
    } catch (failure) {
      // They stay recorded: a restart looks at them again.
      this.ctx.log.error('moves could not be given up', { moves: ids, error: failure });
    }
  }
}

const isListed = ({ watched, move }: RecordedMove): boolean => watched.network.markets.get(move.coin) !== undefined;

/** Which dexes count for the leader's equity is known only since the instrument is. */
const withEquity = (move: RecordedMove): RecordedMove => ({ ...move, leaderEquity: move.leaderEquity ?? equityBefore(move.watched, move.move) });
