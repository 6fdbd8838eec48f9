import type { Clock } from '@lockstep/kernel';
import { AskedTogether, type AskForAll } from '../app/asked-together';
import { Kept } from './kept';

/** How long an answer is believed without a wake-up, how many are kept, and how many hosts are asked for at once. */
export const HOST_TTL_MS = 2_000;
export const HOSTS_MAX = 5_000;
const HOSTS_PER_QUESTION = 500;

interface Found<V> {
  readonly value: V | null;
  readonly at: number;
}
interface Asked<V> {
  readonly promise: Promise<V | null>;
  readonly at: number;
}

/**
 * What is known of host names, kept for seconds. Names that are not kept are asked for together, one question at a time, so that names somebody makes up
 * cost whoever answers no more than that.
 */
export class HostCache<V> {
  private readonly found = new Kept<Found<V>>(HOSTS_MAX);
  private readonly together: AskedTogether<V>;
  /** What was asked for since the last change and is not answered. */
  private readonly underway = new Map<string, Asked<V>>();
  private changes = 0;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    question: AskForAll<V>,
  ) {
    this.together = new AskedTogether((hosts) => this.read(hosts, question), { namesMax: HOSTS_PER_QUESTION, questionsMax: 1 });
  }

  /** What is known of a host; null: nothing. Fails as the question does, and asks again the next time. */
  async find(host: string): Promise<V | null> {
    const now = this.clock.monotonic();
    const known = this.found.get(host);
    if (known !== undefined && now - known.at < HOST_TTL_MS) return known.value;
    const asked = this.underway.get(host);
    // One whose answer does not come is asked for anew.
    if (asked !== undefined && now - asked.at < HOST_TTL_MS) return asked.promise;
    const promise = this.together.find(host);
    this.underway.set(host, { promise, at: now });
    const over = (): void => {
      if (this.underway.get(host)?.promise === promise) this.underway.delete(host);
    };
    void promise.then(over, over);
    return promise;
  }

  /** Something changed: nothing that is kept, or being read, is believed any more. */
  forget(): void {
    this.changes += 1;
    this.found.clear();
    this.underway.clear();
  }

  private async read(hosts: readonly string[], question: AskForAll<V>): Promise<ReadonlyMap<string, V>> {
    const before = this.changes;
    // Counted from the question: an answer may be late.
    const at = this.clock.monotonic();
    const values = await question(hosts);
    // What was read before a change may be of before it.
    if (this.changes === before) for (const host of hosts) this.found.put(host, { value: values.get(host) ?? null, at });
    return values;
  }
}
