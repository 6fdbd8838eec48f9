import type { Opener, Wakeups } from '@lockstep/platform';
import type { CommandRefusal } from '@lockstep/storage';
import type { ApprovalWatch } from '../accounts/approval-watch';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import type { FeeTimes } from '../fee-times';
import type { WorkingOrders } from '../mirrors/working-orders';
import type { Repairs } from '../repair/repair';
import type { NetworkDirectory } from '../state/network-directory';
import type { StopSwitches } from '../stop-switches';
import type { LeaderWatch } from '../watch/leader-watch';
import type { WaveLanes } from '../wave/wave-lanes';

/** What commands act with. */
export interface CommandParts {
  readonly books: Bookkeeper;
  readonly collector: Pick<FillCollector, 'read'>;
  readonly repairs: Repairs;
  readonly lanes: Pick<WaveLanes, 'alone'>;
  readonly watch: LeaderWatch;
  readonly orders: Pick<WorkingOrders, 'follow'>;
  readonly directory: NetworkDirectory;
  readonly opener: Opener;
  readonly wakeups: Wakeups;
  readonly fees: FeeTimes;
  readonly approvals: ApprovalWatch;
  readonly stops: Pick<StopSwitches, 'meet'>;
}

/** What became of a command. */
export type CommandEnd =
  | { readonly status: 'applied'; readonly result: unknown }
  | { readonly status: 'refused'; readonly reason: CommandRefusal; readonly detail?: string };

/** A command that could not end yet, for a reason that passes by itself: it is carried out again after so long. */
export interface LaterEnd {
  readonly status: 'later';
  readonly afterMs: number;
  /** What is left of it then, where that is not all of it. What comes after it waits for it no longer: nobody knows how long it takes. */
  readonly rest?: () => Promise<CommandEnd | LaterEnd>;
}

export const later = (afterMs: number, rest?: LaterEnd['rest']): LaterEnd => ({ status: 'later', afterMs, ...(rest === undefined ? {} : { rest }) });
export const applied = (result: unknown = null): CommandEnd => ({ status: 'applied', result });
export const refused = (reason: CommandRefusal, detail?: string): CommandEnd =>
  detail === undefined ? { status: 'refused', reason } : { status: 'refused', reason, detail };
