import { type IpLimits, rowsWeight } from '@lockstep/simulation';
import type { Reply } from './reply';
import { parseJson } from './request-body';

/** Charges the rows of an answered read after the fact: their number is not known before. The limit may be passed by it, as at the venue. */
export function chargeRows(limits: IpLimits, ip: string, request: unknown, reply: Reply): void {
  if (!limits.active || reply.kind !== 'answer' || !reply.json || reply.status !== 200) return;
  const extra = rowsWeight(request, countRows(reply.body));
  if (extra > 0) limits.spendWeight(ip, extra);
}

function countRows(body: string): number {
  const rows = parseJson(body);
  return Array.isArray(rows) ? rows.length : 0;
}
