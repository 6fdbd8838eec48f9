import type { TenantScope, Timer } from '@lockstep/kernel';
import type { NewEvent } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { Bookkeeper } from './bookkeeper';

/** Wait before what could not be told is told again, in ms. */
const RETRY_MS = 1_000;
/** Events of one tenant that wait at once; what comes beyond is told in the log alone. */
const WAITING_MAX = 10_000;

/**
 * Tells events that are written beside nothing and that no later look would find again: those of a tenant in the order they came, each once, however long the database
 * is away. What waits dies with the process, and the next one judges anew.
 */
export class EventTeller {
  private readonly waiting = new Map<string, NewEvent[]>();
  private readonly retries = new Map<string, Timer>();
  private stopped = false;

  constructor(
    private readonly ctx: Pick<EngineContext, 'log' | 'storage' | 'timers' | 'wakeEvents'>,
    private readonly books: Pick<Bookkeeper, 'run'>,
  ) {}

  /** Takes the books' turn now, with what waits before it. Returns at once. */
  tell(scope: TenantScope, event: NewEvent): void {
    const key = scopeKey(scope);
    const events = this.waiting.get(key) ?? [];
    this.waiting.set(key, events);
    if (events.length >= WAITING_MAX) {
      this.ctx.log.error('an event is not told: too many wait', { scope: key, event });
      return;
    }
    events.push(event);
    void this.write(scope, events);
  }

  /** What could not be told by now is not tried again. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.retries.values()) timer.cancel();
    this.retries.clear();
  }

  private async write(scope: TenantScope, events: NewEvent[]): Promise<void> {
    try {
      await this.books.run(scope, async () => {
        const now = [...events];
        if (now.length === 0) return;
        await this.ctx.storage.scoped(scope, (unit) => unit.events.append(now));
        events.splice(0, now.length);
      });
      this.ctx.wakeEvents(scope);
    } catch (failure) {
      this.ctx.log.error('events could not be told yet', { scope: scopeKey(scope), events: events.length, error: failure });
      this.writeLater(scope, events);
    }
  }

  private writeLater(scope: TenantScope, events: NewEvent[]): void {
    const key = scopeKey(scope);
    if (this.stopped || this.retries.has(key)) return;
    const again = (): void => {
      this.retries.delete(key);
      void this.write(scope, events);
    };
    this.retries.set(key, this.ctx.timers.after(RETRY_MS, again));
  }
}
