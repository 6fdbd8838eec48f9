import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TenantScope } from '@lockstep/kernel';
import type { Page, PageRequest } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { ProblemException } from './problem-exception';

const MAC_BYTES = 16;

/** What every list takes. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Rows of one page.'),
  cursor: z.string().max(600).optional().describe('`next_cursor` of the page before. Left out: the first page.'),
  order: z.enum(['newest_first', 'oldest_first']).default('newest_first'),
});
export type PageQuery = z.output<typeof pageQuery>;

/** One page as it is answered. */
export interface ListBody<Body> {
  data: Body[];
  next_cursor: string | null;
  has_more: boolean;
}
/** A list that always fits one page. */
export const wholeList = <Body>(data: Body[]): ListBody<Body> => ({ data, next_cursor: null, has_more: false });

/** Signs and reads page cursors: a cursor of another list, order or tenant is refused. */
@Injectable()
export class Cursors {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  request<C>(scope: TenantScope, list: string, query: PageQuery, schema: z.ZodType<C>): PageRequest<C> {
    return {
      limit: query.limit,
      order: query.order,
      after: query.cursor === undefined ? null : this.read(scope, `${list}|${query.order}`, query.cursor, schema),
    };
  }

  /** The list body: `data`, `next_cursor`, `has_more`. */
  body<Row, C, Body>(scope: TenantScope, list: string, query: PageQuery, page: Page<Row, C>, present: (row: Row) => Body): ListBody<Body> {
    const next = page.next === null ? null : this.write(scope, `${list}|${query.order}`, page.next);
    return { data: page.rows.map(present), next_cursor: next, has_more: next !== null };
  }

  private write(scope: TenantScope, list: string, place: unknown): string {
    const payload = Buffer.from(JSON.stringify(place));
    return Buffer.concat([this.mac(scope, list, payload), payload]).toString('base64url');
  }

  private read<C>(scope: TenantScope, list: string, cursor: string, schema: z.ZodType<C>): C {
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(MAC_BYTES);
    if (bytes.length <= MAC_BYTES || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(scope, list, payload)))
      throw new ProblemException('invalid_cursor');
    return schema.parse(JSON.parse(payload.toString()));
  }

  private mac(scope: TenantScope, list: string, payload: Buffer): Buffer {
    const secret = this.context.keys.cursorSecret.reveal();
    return createHmac('sha256', secret).update(`${scope.tenantId}|${scope.environment}|${list}|`).update(payload).digest().subarray(0, MAC_BYTES);
  }
}
