import type { TenantScope } from '@lockstep/kernel';
import type { FeeScheduleRow } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import { builderIndex } from './load-book';
import { markupNow } from './load-scope';
import type { CopyRecord } from './registry';

/** Puts the markup in force now on a copy: its orders carry it from the next decision on. */
export function putMarkup(ctx: Pick<EngineContext, 'clock'>, copy: CopyRecord, versions: readonly FeeScheduleRow[]): void {
  const inForce = markupNow(versions, ctx.clock.now(), copy.account, (address) => builderIndex(copy.watched, address));
  copy.watched.book.setMarkup(copy.row, inForce?.markup ?? null);
  copy.markup = inForce?.basis ?? null;
}

/** As {@link putMarkup}, on every copy of a scope. */
export function putMarkups(ctx: Pick<EngineContext, 'clock' | 'registry'>, scope: TenantScope, versions: readonly FeeScheduleRow[]): void {
  const key = scopeKey(scope);
  for (const copy of ctx.registry.copies.values()) if (scopeKey(copy.group.scope) === key) putMarkup(ctx, copy, versions);
}
