import type { Clock } from '@lockstep/kernel';
import { Kept } from './kept';

/** How long an answer is believed without a wake-up, how many are kept, and how many hosts are asked for at once. */
export const HOST_TTL_MS = 2_000;
export const HOSTS_MAX = 5_000;
const HOSTS_PER_QUESTION = 500;

/** Answers for these hosts; those about which there is nothing are absent. */
export type AskForHosts<V> = (hosts: readonly string[]) => Promise<ReadonlyMap<string, V>>;

interface Found<V> {
  readonly value: V | null;
  readonly at: number;
}
interface Waiting<V> {
  readonly promise: Promise<V | null>;
  readonly resolve: (value: V | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What is known of host names, kept for seconds. Names that are not kept are asked for together, one question at a time, so that names somebody makes up
 * cost whoever answers no more than that.
 */
export class HostCache<V> {
  private readonly found = new Kept<Found<V>>(HOSTS_MAX);
  /** What is asked for next, and what was asked for since the last change. */
  private readonly waiting = new Map<string, Waiting<V>>();
  private readonly underway = new Map<string, Promise<V | null>>();
  private asking = false;
  private changes = 0;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly question: AskForHosts<V>,
  ) {}

  /** What is known of a host; null: nothing. Fails as the question does, and asks again the next time. */
  async find(host: string): Promise<V | null> {
    const known = this.found.get(host);
    if (known !== undefined && this.clock.monotonic() - known.at < HOST_TTL_MS) return known.value;
    const asked = this.underway.get(host);
    if (asked !== undefined) return asked;
    const waiting = this.waiting.get(host) ?? promised<V>();
    this.waiting.set(host, waiting);
    void this.ask();
    return waiting.promise;
  }

  /** Something changed: nothing that is kept, or being read, is believed any more. */
  forget(): void {
    this.changes += 1;
    this.found.clear();
    this.underway.clear();
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    while (this.waiting.size > 0) {
      const asked = [...this.waiting].slice(0, HOSTS_PER_QUESTION);
      for (const [host, { promise }] of asked) {
        this.waiting.delete(host);
        this.underway.set(host, promise);
      }
      await this.answer(asked);
      for (const [host, { promise }] of asked) if (this.underway.get(host) === promise) this.underway.delete(host);
    }
    this.asking = false;
  }

  private async answer(asked: readonly (readonly [string, Waiting<V>])[]): Promise<void> {
    const before = this.changes;
    try {
      const values = await this.question(asked.map(([host]) => host));
      const at = this.clock.monotonic();
      for (const [host, { resolve }] of asked) {
        const value = values.get(host) ?? null;
        // What was read before a change may be of before it.
        if (this.changes === before) this.found.put(host, { value, at });
        resolve(value);
      }
    } catch (error) {
      for (const [, { reject }] of asked) reject(error);
    }
  }
}

function promised<V>(): Waiting<V> {
  let [resolve, reject]: [Waiting<V>['resolve'], Waiting<V>['reject']] = [() => undefined, () => undefined];
  const promise = new Promise<V | null>((...ends) => {
    [resolve, reject] = ends;
  });
  return { promise, resolve, reject };
}
