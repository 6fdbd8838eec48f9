import type { RedisConnection } from '@lockstep/platform';
import { databaseTime, schemaDifference } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { SHED_FROM_MS } from '../auth/load-shed';
import { named } from '../http/documented';

/** How long one look may take: what has not answered by then is failing. */
const LOOK_MAX_MS = 2_000;
/** An engine writes a heartbeat every five seconds; one that missed three is silent. */
const ENGINE_SILENT_MS = 15_000;
/** As far as clocks of machines that keep time are apart at most, with the way of the question. */
const CLOCK_OFF_MAX_MS = 1_000;

const part = (statuses: [string, ...string[]], meaning: string) =>
  z.object({ status: z.enum(statuses), ms: z.number().nullable().describe('How long the look took.') }).describe(meaning);

export const deepHealthSchema = named(
  'DeepHealth',
  z
    .object({
      ok: z.boolean().describe('Whether every part is as it should be. The status of the answer is 200 either way.'),
      parts: z.object({
        database: part(['ok', 'failing'], 'PostgreSQL answers.').extend({
          clock_offset_ms: z.number().nullable().describe('How far its clock is before this process’s.'),
        }),
        schema: part(['ok', 'behind', 'ahead', 'failing'], '`behind`: migrations are missing. `ahead`: a newer process has migrated.').extend({
          missing: z.int().nullable(),
          newer: z.int().nullable(),
        }),
        redis: part(['ok', 'failing', 'not_configured'], 'Without it limits are kept by each gateway alone.'),
        wake_ups: part(['ok', 'failing'], 'A wake-up this process sent came back to it.'),
        engine: part(
          ['ok', 'silent', 'none', 'failing'],
          '`silent`: no heartbeat for 15 seconds. `none`: no engine has ever run, or the last one ended.',
        ).extend({
          instance: z.int().nullable(),
          term: z.int().nullable(),
          heartbeat_age_ms: z.int().nullable(),
        }),
        event_loop: part(['ok', 'late'], '`late`: this process cannot keep up and refuses requests.').extend({ delay_ms: z.number() }),
      }),
    })
    .describe('Whether this gateway and what it stands on work.'),
);
export type DeepHealth = z.output<typeof deepHealthSchema>;
type Parts = DeepHealth['parts'];

/** Looks at everything this gateway needs. Readiness asks for the database alone; this is for people and their alarms. */
@Injectable()
export class DeepHealthLook {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  async look(): Promise<DeepHealth> {
    const [database, schema, redis, wakeUps, engine] = await Promise.all([
      this.database(),
      this.schema(),
      this.redis(this.context.redis),
      this.wakeUps(),
      this.engine(),
    ]);
    const delayMs = this.context.load.sustainedMs();
    const loop: Parts['event_loop'] = { status: delayMs < Math.min(...Object.values(SHED_FROM_MS)) ? 'ok' : 'late', ms: null, delay_ms: delayMs };
    const parts: Parts = { database, schema, redis, wake_ups: wakeUps, engine, event_loop: loop };
    const isWell = (status: string): boolean => status === 'ok' || status === 'not_configured' || status === 'ahead';
    return { ok: Object.values(parts).every(({ status }) => isWell(status)), parts };
  }

  private async database(): Promise<Parts['database']> {
    const { storage, clock } = this.context;
    const asked = clock.now();
    const { value: at, ms } = await this.timed(() => storage.platform((unit) => databaseTime(unit), { readOnly: true }));
    if (at === null) return { status: 'failing', ms, clock_offset_ms: null };
    const offset = at - (asked + ms / 2);
    return { status: Math.abs(offset) <= CLOCK_OFF_MAX_MS ? 'ok' : 'failing', ms, clock_offset_ms: Math.round(offset) };
  }

  private async schema(): Promise<Parts['schema']> {
    const { value, ms } = await this.timed(() => this.context.storage.platform(schemaDifference, { readOnly: true }));
    if (value === null) return { status: 'failing', ms, missing: null, newer: null };
    return { status: value.missing > 0 ? 'behind' : value.newer > 0 ? 'ahead' : 'ok', ms, ...value };
  }

  private async redis(redis: Pick<RedisConnection, 'command'> | null): Promise<Parts['redis']> {
    if (redis === null) return { status: 'not_configured', ms: null };
    const { value, ms } = await this.timed(() => redis.command(['PING']));
    return { status: value === 'PONG' ? 'ok' : 'failing', ms };
  }

  /** Sends itself a wake-up on a channel of its own. */
  private async wakeUps(): Promise<Parts['wake_ups']> {
    const { wakeups, random } = this.context;
    const channel = `health.${Buffer.from(random.bytes(8)).toString('hex')}`;
    let stop = async (): Promise<void> => undefined;
    const { value, ms } = await this.timed(async () => {
      let hear: (heard: true) => void = () => undefined;
      const heard = new Promise<true>((resolve) => {
        hear = resolve;
      });
      stop = await wakeups.subscribe(channel, () => hear(true));
      await wakeups.publish(channel, 'look');
      return heard;
    });
    await stop().catch(() => undefined);
    return { status: value === true ? 'ok' : 'failing', ms };
  }

  private async engine(): Promise<Parts['engine']> {
    const { storage, clock } = this.context;
    const { value, ms } = await this.timed(async () => ({ row: await storage.platform((unit) => unit.engines.newest(), { readOnly: true }) }));
    if (value === null) return { status: 'failing', ms, instance: null, term: null, heartbeat_age_ms: null };
    if (value.row === null || value.row.stoppedAt !== null) return { status: 'none', ms, instance: null, term: null, heartbeat_age_ms: null };
    const { no, term, heartbeatAt } = value.row;
    const age = Math.max(0, clock.now() - heartbeatAt);
    return { status: age > ENGINE_SILENT_MS ? 'silent' : 'ok', ms, instance: no, term, heartbeat_age_ms: age };
  }

  /** What a look found and how long it took; null where it failed or took too long. */
  private async timed<T>(look: () => Promise<T>): Promise<{ readonly value: T | null; readonly ms: number }> {
    const { clock, log } = this.context;
    const from = clock.monotonic();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), LOOK_MAX_MS);
    });
    const found = look().catch((error: unknown) => {
      log.warn('a part of the deployment does not work', { error });
      return null;
    });
    const value = await Promise.race([found, late]);
    clearTimeout(timer);
    return { value, ms: Math.round((clock.monotonic() - from) * 10) / 10 };
  }
}
