import type { TenantScope } from '@lockstep/kernel';
import type { CopyRights } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { CopyRecord } from './registry';
import { rightsOf } from './rights';

/** Puts what a copy's rights are into its columns: what ended acts from the next look on, in the middle of a wave too, and what ends later acts then. */
export function putRights(ctx: Pick<EngineContext, 'clock' | 'clocks' | 'rights' | 'stops'>, copy: CopyRecord): void {
  const { book } = copy.watched;
  const now = ctx.clock.now();
  const before = book.takesRisk(copy.row, now);
  const rights = inRealTime(ctx, copy.group.scope, rightsOf(ctx.rights, copy));
  book.setRights(copy.row, rights, now);
  ctx.stops.endsAt(Math.min(rights.entitledUntil, rights.consentDueAt));
  if (before && !book.takesRisk(copy.row, now)) ctx.stops.changed();
}

/** When rights end by our clock. */
const inRealTime = ({ clocks }: Pick<EngineContext, 'clocks'>, scope: TenantScope, { entitledUntil, consentDueAt }: CopyRights): CopyRights => ({
  entitledUntil: clocks.realTime(scope, entitledUntil),
  consentDueAt: clocks.realTime(scope, consentDueAt),
});
