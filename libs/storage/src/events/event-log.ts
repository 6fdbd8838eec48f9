import { present } from '@lockstep/kernel';
import type { EventRow, NewEvent, StreamPosition } from '../rows/trading';
import * as tables from '../tables';
import { arrayLiteral } from '../unit/array-literal';
import { text } from '../unit/codec';
import type { ScopedSql } from '../unit/sql';

/** What `append` gave: the positions run from `first` to `last` without a hole. */
export interface AppendedEvents {
  readonly epoch: string;
  readonly firstSeq: bigint;
  readonly lastSeq: bigint;
}

/** Why events after a position cannot be given: the stream was restarted under another epoch, or the position lies ahead of the stream. */
export type PositionRefusal = 'other_epoch' | 'ahead_of_stream';

/** Largest answer of one read. */
export const EVENTS_READ_MAX_ROWS = 10_000;

/** A scope's event stream: (epoch, seq) without gaps, in the order of the commits. */
export class AppendOnlyEvents {
  constructor(private readonly unit: ScopedSql) {}

  /**
   * Appends events in order. Must be the last step of the unit: it locks the stream's head until the commit, which is what makes the numbers gapless
   * and a reader's position safe, and every other writer of the scope waits meanwhile. Wake subscribers from `unit.afterCommit`.
   */
  async append(events: readonly NewEvent[]): Promise<AppendedEvents | null> {
    if (events.length === 0) return null;
    const [head] = await this.unit.query(
      `insert into event_streams (tenant_id, environment, top_seq) values ($1, $2, $3)
       on conflict (tenant_id, environment) do update set top_seq = event_streams.top_seq + excluded.top_seq returning epoch, top_seq`,
      [...this.unit.scopeParameters, events.length],
    );
    const { epoch, seq: lastSeq } = readPosition(present(head, 'the head of the event stream'));
    const texts = (of: (event: NewEvent) => unknown): string => arrayLiteral(true, events.map(of));
    const plain = (of: (event: NewEvent) => unknown): string => arrayLiteral(false, events.map(of));
    const firstSeq = lastSeq - BigInt(events.length) + 1n;
    await this.unit.execute(
      `insert into events (tenant_id, environment, epoch, seq, created_at, id, type, version, occurred_at, data)
       select $1, $2, $3, $4::bigint + r.n - 1, $5, r.id, r.type, r.version, r.occurred_at, r.data
       from unnest($6::text[], $7::text[], $8::int[], $9::timestamptz[], $10::json[]) with ordinality as r(id, type, version, occurred_at, data, n)`,
      [
        ...this.unit.scopeParameters,
        epoch,
        firstSeq.toString(),
        new Date(this.unit.now),
        texts((event) => event.id),
        texts((event) => event.type),
        plain((event) => event.version),
        plain((event) => new Date(event.occurredAt)),
        texts((event) => event.data),
      ],
    );
    return { epoch, firstSeq, lastSeq };
  }

  /** Where the stream stands; null before its first event. */
  async head(): Promise<StreamPosition | null> {
    const [row] = await this.unit.query('select epoch, top_seq from event_streams where tenant_id = $1 and environment = $2', [
      ...this.unit.scopeParameters,
    ]);
    return row === undefined ? null : readPosition(row);
  }

  /** Events after a position of this epoch, oldest first, at most `limit` (10,000). The caller compares epochs before (`head`). */
  async after(position: StreamPosition, limit: number): Promise<readonly EventRow[]> {
    const columns = tables.events.selectList().replace(/\bdata\b/, 'data::text as data');
    const rows = await this.unit.query(
      `select ${columns} from events where tenant_id = $1 and environment = $2 and epoch = $3 and seq > $4 order by seq limit $5`,
      [...this.unit.scopeParameters, position.epoch, position.seq.toString(), Math.min(limit, EVENTS_READ_MAX_ROWS)],
    );
    return rows.map((row) => tables.events.parse(row));
  }
}

/** Appends events as the last step of a unit. See `AppendOnlyEvents.append`. */
export const appendEvents = (unit: ScopedSql, events: readonly NewEvent[]): Promise<AppendedEvents | null> =>
  new AppendOnlyEvents(unit).append(events);

function readPosition(row: Readonly<Record<string, unknown>>): StreamPosition {
  return { epoch: text('epoch').read(row.epoch), seq: BigInt(String(row.top_seq)) };
}
