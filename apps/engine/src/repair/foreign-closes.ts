import { type EpochMs, formatSize, size } from '@lockstep/kernel';
import { EPISODE, endByDelisting, type InstrumentSheet } from '@lockstep/replication';
import { savePositionStates } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import { positionStateOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { intentOf, restoreIntent } from '../state/intent';
import { type AccountRecord, type CopyRecord, hasEnded } from '../state/registry';
import type { WaveLanes } from '../wave/wave-lanes';

/** Closes remembered at once; the oldest are forgotten, and stay the follower's. */
const CLOSES_MAX = 10_000;
/** Readings of the venue's list within which a close must be found to have been its settlement. */
const READINGS = 2;

interface Close {
  readonly copy: CopyRecord;
  readonly sheet: InstrumentSheet;
  readonly at: EpochMs;
}

/**
 * Closes to flat that no order of ours made. One of an instrument that the venue's list shows delisted only later was the venue's settlement and not the
 * follower's doing: its episode is ended as that. Memory only: after a restart the close stays the follower's, which keeps out of an instrument nobody enters.
 */
export class ForeignCloses {
  private readonly closes = new Map<string, Close>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly lanes: Pick<WaveLanes, 'alone'>,
  ) {}

  /** Remembers a booked close, while it may turn out to be a settlement. */
  note(copy: CopyRecord, sheet: InstrumentSheet): void {
    if (sheet.rows.position[copy.row] !== 0 || sheet.instrument.delisted) return;
    const [oldest] = this.closes.keys();
    if (this.closes.size >= CLOSES_MAX && oldest !== undefined) this.closes.delete(oldest);
    this.closes.set(keyOf(copy, sheet), { copy, sheet, at: this.ctx.clock.now() });
  }

  /** Ends what an account's copies had in instruments that are delisted by now as the venue's settlement; forgets what is too old to be one. */
  async endDelisted(account: AccountRecord): Promise<void> {
    const oldest = this.ctx.clock.now() - READINGS * this.ctx.limits.marketsEveryMs;
    for (const [key, close] of [...this.closes]) {
      const { copy, sheet } = close;
      if (close.at < oldest) this.closes.delete(key);
      else if (copy.account === account && sheet.instrument.delisted) {
        await this.lanes.alone(copy.watched, sheet.instrument.coin, () => this.end(close));
        this.closes.delete(key);
      }
    }
  }

  /** What cannot be written is as before, and tried again at the next comparison. A copy whose end was written meanwhile keeps the close as the follower's. */
  private async end({ copy, sheet }: Close): Promise<void> {
    const { ctx, books } = this;
    const { instrument } = sheet;
    const stands = copy.watched.book.copies.copyNo[copy.row] === copy.no && ((sheet.rows.episode[copy.row] ?? 0) & EPISODE.userClosed) !== 0;
    if (!stands) return;
    const before = intentOf(sheet, copy.row);
    endByDelisting(sheet, copy.row);
    const intent = intentOf(sheet, copy.row);
    const written = books.run(copy.group.scope, async () => {
      if (hasEnded(copy)) return;
      const { booked } = ctx.booked.get(copy.no, instrument.coin);
      const state = positionStateOf(copy.no, instrument, booked, intent);
      await ctx.storage.scoped(copy.group.scope, async (unit) => {
        await savePositionStates(unit, [state]);
        await unit.events.append([
          newEvent(ctx, 'position.changed', ctx.clock.now(), {
            copy_id: copy.id,
            coin: instrument.coin,
            position: formatSize(size(state.position)),
            target: formatSize(size(state.target)),
            average_entry: null,
            dust_pending: state.dust,
            ended_by: 'delisting',
          }),
        ]);
      });
      ctx.booked.set(copy.no, instrument.coin, { booked, intent });
      ctx.booked.hand(copy.no, instrument.coin, intent);
    });
    await written.catch((failure: unknown) => {
      restoreIntent(sheet, copy.row, before);
      throw failure;
    });
  }
}

const keyOf = (copy: CopyRecord, { instrument }: InstrumentSheet): string => `${copy.no} ${instrument.coin}`;
