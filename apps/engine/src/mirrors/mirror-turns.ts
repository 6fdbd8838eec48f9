import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { CopyRecord } from '../state/registry';
import type { Actions, MirrorActions } from './mirror-actions';

/** What may leave now of one copy. */
export interface MirrorTurn {
  readonly copy: CopyRecord;
  readonly actions: Actions;
}

/**
 * Shares the actions a network takes of us for mirrors between copies: cancels of all copies first, with a reserve that nothing else takes, then what takes risk
 * off, then entries. Where there is not enough for all, the next look begins with the first copy that lacked some.
 */
export class MirrorTurns {
  private readonly room = new Map<Network, { left: number; at: number }>();
  private next = 0;

  constructor(private readonly ctx: Pick<EngineContext, 'clock' | 'limits'>) {}

  share(due: readonly MirrorActions[]): readonly MirrorTurn[] {
    const isLater = ({ copy }: MirrorActions): number => (copy.no < this.next ? 1 : 0);
    const inTurn = due.filter(isDue).sort((a, b) => isLater(a) - isLater(b) || a.copy.no - b.copy.no);
    const granted = new Map<CopyRecord, (readonly [...Actions])[]>();
    let short: number | null = null;
    for (const kind of ['cancels', 'exits', 'entries'] as const) {
      for (const one of inTurn) {
        const actions = one[kind];
        if (actions.length === 0) continue;
        const may = this.take(one.copy.account.network, actions.length, kind === 'cancels' ? 0 : this.ctx.limits.mirrorCancelReserve);
        if (may < actions.length) short ??= one.copy.no;
        granted.set(one.copy, [...(granted.get(one.copy) ?? []), actions.slice(0, may)]);
      }
    }
    if (short !== null) this.next = short;
    return [...granted].map(([copy, parts]) => ({ copy, actions: parts.flat() })).filter(({ actions }) => actions.length > 0);
  }

  /** Takes room for as many of the actions as there is beyond a reserve; how many. */
  private take(network: Network, wanted: number, reserve: number): number {
    const { mirrorActionsPerSecond: most } = this.ctx.limits;
    const now = this.ctx.clock.monotonic();
    const known = this.room.get(network) ?? { left: most, at: now };
    known.left = Math.min(most, known.left + ((now - known.at) / 1_000) * most);
    known.at = now;
    this.room.set(network, known);
    const taken = Math.max(0, Math.min(wanted, Math.floor(known.left - Math.min(reserve, most / 2))));
    known.left -= taken;
    return taken;
  }
}

const isDue = ({ cancels, exits, entries }: MirrorActions): boolean => cancels.length > 0 || exits.length > 0 || entries.length > 0;
