import type { TenantScope } from '@lockstep/kernel';
import type { FeeScheduleRow } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import { markupOf } from './load-book';
import type { CopyRecord } from './registry';

/** Puts the markup in force now on a copy: its orders carry it from the next decision on. */
export function putMarkup(ctx: EngineContext, copy: CopyRecord, versions: readonly FeeScheduleRow[]): void {
  copy.watched.book.setMarkup(copy.row, markupOf(ctx, copy.group.scope, versions, copy.account, copy.watched));
}

/** As {@link putMarkup}, on every copy of a scope. */
export function putMarkups(ctx: EngineContext, scope: TenantScope, versions: readonly FeeScheduleRow[]): void {
  const key = scopeKey(scope);
  for (const copy of ctx.registry.copies.values()) if (scopeKey(copy.group.scope) === key) putMarkup(ctx, copy, versions);
}
