import type { LinkFaults, LockLost, Message, Passage, VirtualTime } from '@lockstep/simulation';

/** An engine process that holds the lock, or lost it and lives on. */
export class LockOfProcess {
  private terms: LockLost | null = null;
  private certainUntil = Number.POSITIVE_INFINITY;
  private superseded = false;

  /** @param sent told of what leaves without the lock. */
  constructor(
    private readonly time: VirtualTime,
    private readonly sent: (about: string) => void,
  ) {}

  /** By its own clock: what the database knows it does not. */
  get isCertain(): boolean {
    return this.time.monotonic() < this.certainUntil;
  }

  /** Another process has begun its term since. */
  get isOver(): boolean {
    return this.superseded;
  }

  get reach(): LockLost['storage'] {
    return this.terms?.storage ?? 'reachable';
  }

  /** How much later it is told that a transaction stands. */
  get answersMs(): number {
    return this.terms?.answersMs ?? 0;
  }

  lose(terms: LockLost): void {
    this.terms = terms;
    this.certainUntil = this.time.monotonic() + terms.certainMs;
  }

  end(): void {
    this.superseded = true;
  }

  /** What its messages meet: those it sends without the lock may be long on their way. */
  faults(all: LinkFaults): LinkFaults {
    return {
      passage: (message) => this.slowed(message, all.passage(message)),
      streamsDown: (of) => all.streamsDown(of),
      streamsSilent: (of) => all.streamsSilent(of),
    };
  }

  private slowed(message: Message, passage: Passage): Passage {
    if (this.terms === null || (message.kind !== 'order' && message.kind !== 'action')) return passage;
    this.sent(message.kind === 'order' ? `order ${message.clientOrderId}` : message.about);
    return passage.thereMs === null ? passage : { ...passage, thereMs: passage.thereMs + this.terms.slowMs };
  }
}
