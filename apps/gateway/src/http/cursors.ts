import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TenantScope } from '@lockstep/kernel';
import type { Page, PageRequest } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { ProblemException } from './problem-exception';

const MAC_BYTES = 16;
const DIRECTIONS = ['next', 'previous'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** What every list takes. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Rows of one page.'),
  cursor: z.string().max(600).optional().describe('`next_cursor` or `prev_cursor` of a page. Left out: the first page.'),
  order: z.enum(['newest_first', 'oldest_first']).default('newest_first'),
});
export type PageQuery = z.output<typeof pageQuery>;

/** One page as it is answered. */
export interface ListBody<Body> {
  data: Body[];
  next_cursor: string | null;
  prev_cursor: string | null;
  has_more: boolean;
}
/** A list that always fits one page. */
export const wholeList = <Body>(data: Body[]): ListBody<Body> => ({ data, next_cursor: null, prev_cursor: null, has_more: false });

/** Whose lists a cursor is of. */
export type ListOwner = Pick<TenantScope, 'tenantId' | 'environment'> | { readonly tenantId: 'operator'; readonly environment: 'platform' };
/** The operator's lists, which belong to no tenant. */
export const OPERATOR_LISTS: ListOwner = { tenantId: 'operator', environment: 'platform' };

/** Signs and reads page cursors: a cursor of another list, order or tenant is refused. */
@Injectable()
export class Cursors {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  request<C>(owner: ListOwner, list: string, query: PageQuery, schema: z.ZodType<C>): PageRequest<C> {
    const { limit, order, cursor } = query;
    if (cursor === undefined) return { limit, order, after: null };
    const { direction, place } = this.read(owner, `${list}|${order}`, cursor, schema);
    return direction === 'next' ? { limit, order, after: place } : { limit, order, after: null, before: place };
  }

  /** The list body: `data`, `next_cursor`, `prev_cursor`, `has_more`. */
  body<Row, C, Body>(owner: ListOwner, list: string, query: PageQuery, page: Page<Row, C>, present: (row: Row) => Body): ListBody<Body> {
    const ordered = `${list}|${query.order}`;
    const next = page.next === null ? null : this.write(owner, `${ordered}|next`, page.next);
    const previous = page.previous === null ? null : this.write(owner, `${ordered}|previous`, page.previous);
    return { data: page.rows.map(present), next_cursor: next, prev_cursor: previous, has_more: next !== null };
  }

  private write(owner: ListOwner, use: string, place: unknown): string {
    const payload = Buffer.from(JSON.stringify(place));
    return Buffer.concat([this.mac(owner, use, payload), payload]).toString('base64url');
  }

  /** The direction stands in no cursor: it is the one under which the signature is good. */
  private read<C>(owner: ListOwner, ordered: string, cursor: string, schema: z.ZodType<C>): { readonly direction: Direction; readonly place: C } {
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(MAC_BYTES);
    const direction = DIRECTIONS.find(
      (one) => bytes.length > MAC_BYTES && timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(owner, `${ordered}|${one}`, payload)),
    );
    if (direction === undefined) throw new ProblemException('invalid_cursor');
    return { direction, place: schema.parse(JSON.parse(payload.toString())) };
  }

  private mac(owner: ListOwner, use: string, payload: Buffer): Buffer {
    const secret = this.context.keys.cursorSecret.reveal();
    return createHmac('sha256', secret).update(`${owner.tenantId}|${owner.environment}|${use}|`).update(payload).digest().subarray(0, MAC_BYTES);
  }
}
