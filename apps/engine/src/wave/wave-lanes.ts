import { present } from '@lockstep/kernel';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { Lanes } from '../lanes';
import { meetInstrument, type OnAppeared } from '../state/meet-instrument';
import type { WatchedAccount } from '../state/registry';
import { laneKey, type RecordedMove } from './recorded-move';
import { runMoves, type WaitingBehind } from './run-wave';
import { UnlistedMoves } from './unlisted-moves';

/** Waves of one watched account are one after another per instrument; everything else runs at the same time. */
export class WaveLanes {
  private readonly lanes: Lanes<RecordedMove>;
  private readonly unlisted: UnlistedMoves;

  /** `onAppeared`: a leader trades an instrument for the first time, before its first wave is planned. */
  constructor(
    ctx: EngineContext,
    books: Bookkeeper,
    onDone: (watched: WatchedAccount, coin: string) => void,
    private readonly onAppeared: OnAppeared = () => undefined,
  ) {
    this.lanes = new Lanes(
      async (key, batch) => {
        const [first] = batch;
        if (first !== undefined) await runMoves(ctx, books, batch, this.waitingBehind(key, first.watched, first.move.coin));
        for (const move of batch.slice(-1)) onDone(move.watched, move.move.coin);
      },
      (key, batch, failure) => {
        // Reservations and targets of the failed plan stand in memory and nowhere else: only a restart from the journal is certain.
        ctx.log.fatal('a wave failed', { lane: key, moves: batch.map((move) => move.wave), error: failure });
        ctx.broken('a wave failed');
      },
      ctx.limits.laneDepthMax,
    );
    this.unlisted = new UnlistedMoves(ctx, (moves) => this.push(moves));
  }

  /** Plans moves soon, those of one instrument in their order. What the venue's list does not name yet waits until it was read again. */
  push(moves: readonly RecordedMove[]): void {
    for (const move of moves) {
      if (this.unlisted.take(move)) continue;
      const { watched } = move;
      present(meetInstrument(watched, move.move.coin, this.onAppeared), `market of ${move.move.coin}`);
      this.lanes.push(laneKey(watched.no, move.move.coin), move);
    }
  }

  /** Runs work on an instrument's columns alone: after the wave that runs, before those that wait. */
  alone(watched: WatchedAccount, coin: string, work: () => Promise<void>): Promise<void> {
    return this.lanes.alone(laneKey(watched.no, coin), work);
  }

  /** Runs work on an instrument's columns in several books at once, alone in all of them; null, without waiting, where one of them is not idle. */
  aloneInAll(watched: Iterable<WatchedAccount>, coin: string, work: () => Promise<void>): Promise<void> | null {
    return this.lanes.aloneInAll(
      [...watched].map(({ no }) => laneKey(no, coin)),
      work,
    );
  }

  /** The same as soon as all of them are idle together; `name` waits once. The books are asked for again each time one of them has become idle. */
  aloneOnceAllIdle(name: string, watched: () => Iterable<WatchedAccount>, coin: string, work: () => Promise<void>): Promise<void> {
    return this.lanes.aloneOnceAllIdle(`${name} ${coin}`, () => [...watched()].map(({ no }) => laneKey(no, coin)), work);
  }

  idle(): Promise<void> {
    return this.lanes.idle();
  }

  get depth(): number {
    return this.lanes.depth;
  }

  /** What waits for the wave of an instrument that runs. */
  behind(watched: WatchedAccount, coin: string): WaitingBehind {
    return this.waitingBehind(laneKey(watched.no, coin), watched, coin);
  }

  /** A move opposes from when it was told: while the database is slow it may not be recorded for long. */
  private waitingBehind(key: string, watched: WatchedAccount, coin: string): WaitingBehind {
    return {
      opposed: () =>
        watched.leaving.has(coin) ||
        this.lanes.behind(key).some(({ move }) => move.kind === 'reduce' || move.kind === 'close' || move.kind === 'flip'),
      moves: () => this.lanes.behind(key).length > 0,
      any: () => this.lanes.pressed(key),
    };
  }
}
