import { must } from '@lockstep/kernel';

interface Together {
  readonly keys: () => readonly string[];
  readonly work: () => Promise<void>;
  readonly done: Promise<void>;
  readonly end: (ran: Promise<void>) => void;
}

interface Lane<T> {
  items: T[];
  readonly lone: (() => Promise<void>)[];
  drained: Promise<void> | null;
}

/**
 * One lane per key (watched account and instrument): what waits in a lane is handed over together, in order, and only when the batch before it
 * has ended. So waves of one instrument of one leader never overlap, others run at the same time, and moves that arrived meanwhile are seen
 * by the worker as a batch: all but the last of them are superseded before anything of theirs was sent.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** Work that waits until several lanes are idle together, by name, oldest first. */
  private readonly together = new Map<string, Together>();

  /**
   * @param work handles a batch (at least one item, oldest first); its failures go to `failed`, never to `push`.
   * @param depthMax most items that may wait in one lane; more is a broken invariant of the producer's back-pressure.
   */
  constructor(
    private readonly work: (key: string, batch: readonly T[]) => Promise<void>,
    private readonly failed: (key: string, batch: readonly T[], failure: unknown) => void,
    private readonly depthMax: number,
  ) {}

  push(key: string, item: T): void {
    const lane = this.lane(key);
    must(lane.items.length < this.depthMax, `lane ${key} holds ${this.depthMax} waiting moves`);
    lane.items.push(item);
    this.start(key, lane);
  }

  /** Items that wait behind the running batch of a key, oldest first. */
  behind(key: string): readonly T[] {
    return this.lanes.get(key)?.items ?? [];
  }

  /** Whether anything waits for what runs in a lane: items, or work that is to run alone. */
  pressed(key: string): boolean {
    const lane = this.lanes.get(key);
    return lane !== undefined && (lane.items.length > 0 || lane.lone.length > 0);
  }

  /** Runs `work` alone in the lane: after what runs now, before what waits. Its failure is the caller's. */
  alone(key: string, work: () => Promise<void>): Promise<void> {
    const lane = this.lane(key);
    return new Promise<void>((resolve, reject) => {
      lane.lone.push(() => work().then(resolve, reject));
      this.start(key, lane);
    });
  }

  /**
   * Runs `work` alone in several lanes at once, if nothing runs or waits in any of them; null where something does. Nothing is waited for: whoever held one lane
   * while it waits for another would hold up everything in the first for as long as the second takes.
   */
  aloneInAll(keys: readonly string[], work: () => Promise<void>): Promise<void> | null {
    const [first, ...others] = new Set(keys);
    if (first === undefined || keys.some((key) => this.lanes.has(key))) return null;
    const done = this.alone(first, work);
    for (const key of others) void this.alone(key, () => done.catch(() => undefined));
    return done;
  }

  /**
   * The same at the first moment in which all of them are idle: now, or when one of them has ended. No lane is held while it waits, so it may wait for long where
   * they are busy by turns. Work of one name waits once: a call meanwhile joins it. Without a lane
   * there is nothing to be done any more. Its failure is the caller's.
   */
  aloneOnceAllIdle(name: string, keys: () => readonly string[], work: () => Promise<void>): Promise<void> {
    const waiting = this.together.get(name);
    if (waiting !== undefined) return waiting.done;
    const needed = keys();
    const now = needed.length === 0 ? Promise.resolve() : this.aloneInAll(needed, work);
    if (now !== null) return now;
    let end: Together['end'] = () => undefined;
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.together.set(name, { keys, work, done, end });
    return done;
  }

  private startTogether(): void {
    for (const [name, { keys, work, end }] of this.together) {
      const needed = keys();
      const ran = needed.length === 0 ? Promise.resolve() : this.aloneInAll(needed, work);
      if (ran === null) continue;
      this.together.delete(name);
      end(ran);
    }
  }

  /** Resolves once nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.lanes.size > 0) await Promise.all([...this.lanes.values()].map((lane) => lane.drained));
  }

  /** Items waiting in all lanes. */
  get depth(): number {
    let total = 0;
    for (const lane of this.lanes.values()) total += lane.items.length;
    return total;
  }

  private lane(key: string): Lane<T> {
    const known = this.lanes.get(key);
    if (known !== undefined) return known;
    const fresh: Lane<T> = { items: [], lone: [], drained: null };
    this.lanes.set(key, fresh);
    return fresh;
  }

  private start(key: string, lane: Lane<T>): void {
    lane.drained ??= this.drain(key, lane);
  }

  private async drain(key: string, lane: Lane<T>): Promise<void> {
    // One turn of the microtask queue, so that the moves of one frame form one batch.
    await Promise.resolve();
    while (lane.items.length > 0 || lane.lone.length > 0) {
      const lone = lane.lone.shift();
      if (lone !== undefined) {
        await lone();
        continue;
      }
      const batch = lane.items;
      lane.items = [];
      try {
        await this.work(key, batch);
      } catch (failure) {
        this.failed(key, batch, failure);
      }
    }
    this.lanes.delete(key);
    this.startTogether();
  }
}
