import type { LinkFaults, Message, Passage, ScenarioFault, SeededRandom } from '@lockstep/simulation';

/** The faults that are on, and what they do to messages, transactions and wake-ups. Chances are drawn from a stream of their own. */
export class FaultSwitches {
  private readonly on = new Map<number, ScenarioFault>();

  constructor(private readonly random: SeededRandom) {}

  begin(no: number, fault: ScenarioFault): void {
    this.on.set(no, fault);
  }

  end(no: number): void {
    this.on.delete(no);
  }

  get calm(): boolean {
    return this.on.size === 0;
  }

  /** What the links of engine processes meet. */
  readonly link: LinkFaults = {
    passage: (message) => this.passage(message),
    streamsDown: (of) => this.streams('stream_dropped', of),
    streamsSilent: (of) => this.streams('stream_silent', of),
  };

  /** How a transaction of the engine fares: `delayMs` before it begins, refused, or without a told end. */
  transaction(): { readonly delayMs: number; readonly down: boolean; readonly lost: 'stands' | 'undone' | null } {
    let delayMs = 0;
    let down = false;
    let lost: 'stands' | 'undone' | null = null;
    for (const fault of this.on.values()) {
      if (fault.boundary !== 'database') continue;
      if (fault.kind === 'down') down = true;
      if (fault.kind === 'slow') delayMs += fault.byMs;
      if (fault.kind === 'commit_unknown' && this.draws(fault.oneIn)) lost = this.draws(2) ? 'stands' : 'undone';
    }
    return { delayMs, down, lost };
  }

  wakeUpLost(): boolean {
    for (const fault of this.on.values()) if (fault.boundary === 'wake_ups' && this.draws(fault.oneIn)) return true;
    return false;
  }

  private streams(kind: 'stream_dropped' | 'stream_silent', of: 'users' | 'marks'): boolean {
    for (const fault of this.on.values())
      if (fault.boundary === 'venue' && fault.kind === kind && (fault.of === 'all' || fault.of === of)) return true;
    return false;
  }

  private passage(message: Message): Passage {
    let [thereMs, backMs]: [number | null, number | null] = [0, 0];
    let [twice, unsent] = [false, false];
    const asks = message.kind !== 'event';
    for (const fault of this.on.values()) {
      if (fault.boundary !== 'venue' || !('oneIn' in fault) || !this.draws(fault.oneIn)) continue;
      switch (fault.kind) {
        case 'request_lost':
          if (asks) thereMs = null;
          break;
        case 'answer_lost':
          if (asks) backMs = null;
          break;
        case 'request_twice':
          twice ||= message.kind === 'order' || message.kind === 'action';
          break;
        case 'refused_429':
          unsent ||= asks;
          break;
        case 'server_error':
          if (asks && this.draws(2)) thereMs = null;
          else if (asks) backMs = null;
          break;
        case 'read_failing':
          if (message.kind === 'read') thereMs = null;
          break;
        case 'missed_unread':
          if (message.kind === 'read' && message.about === 'sync') thereMs = null;
          break;
        case 'stream_duplicate':
          twice ||= message.kind === 'event' && message.about === 'fills';
          break;
        case 'stream_disorder':
          // Of one address the venue tells in order; marks and states may overtake.
          if (message.kind === 'event' && message.about !== 'fills' && message.about !== 'orders' && backMs !== null)
            backMs += this.random.below(500);
          break;
        case 'slow_request':
          if (asks && thereMs !== null) thereMs += fault.byMs;
          break;
        case 'slow_answer':
          if (asks && backMs !== null) backMs += fault.byMs;
          break;
      }
    }
    return { thereMs, backMs, twice, unsent };
  }

  private draws(oneIn: number): boolean {
    return this.random.below(oneIn) === 0;
  }
}
