import type { VirtualTime } from '@lockstep/simulation';

type Listener = (payload: string) => void;

/** How long a wake-up is on its way, in ms. */
const WAY_MS = 1;

/** Wake-ups of a simulated platform: they arrive a moment later, or are lost. */
export class SimWakeups {
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(
    private readonly time: VirtualTime,
    private readonly lost: () => boolean,
  ) {}

  async publish(channel: string, payload: string): Promise<void> {
    // Whether it is lost is drawn in any case: a listener more must not change what else is.
    if (this.lost() || !this.listeners.has(channel)) return;
    this.time.after(WAY_MS, () => {
      for (const listener of [...(this.listeners.get(channel) ?? [])]) listener(payload);
    });
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const known = this.listeners.get(channel) ?? new Set<Listener>();
    this.listeners.set(channel, known);
    known.add(listener);
    return async () => void known.delete(listener);
  }

  /** Nothing is told of a gap: whoever listens polls too. */
  onReconnect(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
