import type { Timer } from '@lockstep/kernel';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { WaveLanes } from '../wave/wave-lanes';
import { placeOf } from './answer-proposal';
import type { OpenProposal } from './open-proposals';
import { endProposal, orTakeBack, writeChanges } from './proposal-changes';
import { proposalEnd } from './proposal-end';

/** Ends proposals whose time is over or whose copy ends. That nothing of them can be approved is judged by the clock; this tells it. */
export class ProposalKeeper {
  private timer: Timer | null = null;
  private readonly ending = new Set<string>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly lanes: Pick<WaveLanes, 'alone'>,
  ) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.repairIntervalMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  private look(): void {
    for (const open of this.ctx.proposals.all()) {
      const { id } = open.row;
      if (this.ending.has(id) || proposalEnd(this.ctx, open) === null) continue;
      this.ending.add(id);
      void this.end(open)
        .catch((failure: unknown) => this.ctx.log.error('the end of a proposal could not be written', { proposal: id, error: failure }))
        .finally(() => this.ending.delete(id));
    }
  }

  private async end({ row }: OpenProposal): Promise<void> {
    const copy = this.ctx.registry.copies.get(Number(row.copyNo));
    if (copy === undefined) return this.endNow(row.id, Number(row.copyNo), row.coin);
    await this.lanes.alone(copy.watched, row.coin, () => this.endNow(row.id, copy.no, row.coin));
  }

  /** Looks again: it may have grown, or been answered, while the lane was waited for. */
  private async endNow(id: string, copyNo: number, coin: string): Promise<void> {
    const { ctx } = this;
    const open = ctx.proposals.get(copyNo, coin);
    const status = open === null || open.row.id !== id ? null : proposalEnd(ctx, open);
    if (open === null || status === null) return;
    const change = endProposal(ctx, open, status);
    const write = () => ctx.storage.scoped(open.scope, (unit) => writeChanges(unit, [change]));
    await orTakeBack(ctx, placeOf(open), () => this.books.run(open.scope, write));
  }
}
