import type { EventData } from '@lockstep/delivery';
import { type FollowerId, formatMoney, isId, type LeaderId, money, type TenantScope } from '@lockstep/kernel';
import { type ExposureFinding, type ExposureKey, HeldExposure, isOverLeader } from '@lockstep/replication';
import { EXPOSURE_LIMITS } from '@lockstep/roster';
import { addPassedLimit, dropPassedLimit, type PassedLimitRow } from '@lockstep/storage';
import type { Bookkeeper } from './books/bookkeeper';
import type { EngineContext } from './context';
import { newEvent } from './new-event';

type Figures = Pick<EventData<'exposure.passed'>, 'threshold' | 'measured' | 'action'>;

/**
 * Tells where what copies hold together passes a limit they share, and where it is met again. What is told stands in a row, written with its event: nothing is told
 * twice, whatever ends in between, and what could not be written is found again at the next look.
 */
export class ExposureAlerts {
  private readonly held = new HeldExposure();
  /** Findings on their way to the database. */
  private readonly writing = new Set<string>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Pick<Bookkeeper, 'run'>,
  ) {}

  /** Takes what was told before this process began. */
  load(scope: TenantScope, rows: readonly PassedLimitRow[]): void {
    for (const { subjectId, limitName, underlying } of rows) {
      const limit = EXPOSURE_LIMITS.find((name) => name === limitName);
      if (limit === undefined) continue;
      const of = this.indexOf(scope, subjectId);
      if (of !== null) this.held.note({ limit, of, underlying });
    }
  }

  private indexOf(scope: TenantScope, subjectId: string): number | null {
    const { registry } = this.ctx;
    if (isId('leader', subjectId)) return registry.group(scope, subjectId).index;
    return isId('follower', subjectId) ? registry.followerIndexOf(scope, subjectId) : null;
  }

  /** Judges all books, each of which was revalued at its present marks. */
  look(): void {
    const books = [...this.ctx.registry.watched.values()].map(({ book }) => book);
    for (const finding of this.held.judge(books)) {
      const name = `${finding.limit} ${finding.of} ${finding.underlying}`;
      if (this.writing.has(name)) continue;
      this.writing.add(name);
      void this.tell(finding).finally(() => this.writing.delete(name));
    }
  }

  private async tell(finding: ExposureFinding): Promise<void> {
    const { ctx } = this;
    const { limit, underlying, passed } = finding;
    const { scope, id, ...whose } = this.subjectOf(finding);
    const figures: Figures = {
      threshold: finding.threshold === null ? null : textOf(finding.threshold),
      measured: textOf(finding.measured),
      action: passed ? 'alert' : 'release',
    };
    const event = newEvent(ctx, 'exposure.passed', ctx.clock.now(), {
      limit,
      ...whose,
      underlying: underlying === '' ? null : underlying,
      ...figures,
    });
    const key = { subjectId: id, limitName: limit, underlying };
    const row = { ...key, threshold: amountOf(finding.threshold ?? 0), measured: amountOf(finding.measured), passedAt: Math.floor(ctx.clock.now()) };
    try {
      await this.books.run(scope, () =>
        ctx.storage.scoped(scope, async (unit) => {
          const isNews = passed ? await addPassedLimit(unit, row) : await dropPassedLimit(unit, key);
          if (isNews) await unit.events.append([event]);
        }),
      );
    } catch (failure) {
      ctx.log.error('a limit that copies share could not be told', { limit, of: id, underlying, error: failure });
      return;
    }
    if (passed) this.held.note(finding);
    else this.held.forget(finding);
    ctx.wakeEvents(scope);
  }

  private subjectOf({ limit, of }: ExposureKey): {
    readonly scope: TenantScope;
    readonly id: FollowerId | LeaderId;
    readonly follower_id: FollowerId | null;
    readonly leader_id: LeaderId | null;
  } {
    if (isOverLeader(limit)) {
      const { scope, leaderId } = this.ctx.registry.groupAt(of);
      return { scope, id: leaderId, follower_id: null, leader_id: leaderId };
    }
    const { scope, id } = this.ctx.registry.followerAt(of);
    return { scope, id, follower_id: id, leader_id: null };
  }
}

const amountOf = (value: number): bigint => BigInt(Math.round(value));
const textOf = (value: number): string => formatMoney(money(amountOf(value)));
