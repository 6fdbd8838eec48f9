import type { EpochMs, Random } from '@lockstep/kernel';
import type { VirtualProcess, VirtualTime } from '../clock/virtual-time';

/** What travels between an engine process and the world. */
export type Message =
  | { readonly kind: 'order'; readonly clientOrderId: string }
  | { readonly kind: 'action'; readonly about: string }
  | { readonly kind: 'read'; readonly about: string }
  | { readonly kind: 'event'; readonly about: 'fills' | 'orders' | 'state' | 'marks' | 'quotes' };

/** How a message fares. */
export interface Passage {
  /** Added to the way there, in ms; null: it never arrives. */
  readonly thereMs: number | null;
  /** Added to the way back; null: the answer is lost. */
  readonly backMs: number | null;
  /** Delivered twice. */
  readonly twice: boolean;
  /** Refused before it left: it cannot have arrived. */
  readonly unsent: boolean;
}

/** A message nothing happens to. */
export const SMOOTH: Passage = { thereMs: 0, backMs: 0, twice: false, unsent: false };

/** Fills and states of watched accounts, or marks and quotes. */
export type StreamKind = 'users' | 'marks';

/** Decides what happens to messages; asked once for each. */
export interface LinkFaults {
  passage(message: Message): Passage;
  /** True while streams are cut: what happens then is told after they are up again. */
  streamsDown(of: StreamKind): boolean;
  /** True while a stream stands without telling anything, and nobody has noticed. */
  streamsSilent(of: StreamKind): boolean;
}

export const NO_FAULTS: LinkFaults = { passage: () => SMOOTH, streamsDown: () => false, streamsSilent: () => false };

export interface LinkTerms {
  /** Least and greatest time of one way, in ms. */
  readonly leastMs: number;
  readonly mostMs: number;
}

const QUARTERS = 4;

/** The way between one engine process and the world: times of both directions, and faults. The world does what reaches it whatever became of the process. */
export class Link {
  constructor(
    private readonly world: VirtualTime,
    private readonly process: VirtualProcess,
    private readonly random: Random,
    private readonly terms: LinkTerms,
    readonly faults: LinkFaults,
  ) {}

  /** Carries a request to the world. `arrive` happens there; false: it never left or never arrives. */
  send(passage: Passage, arrive: () => void): boolean {
    if (passage.unsent || passage.thereMs === null) return false;
    this.world.after(this.wayMs() + passage.thereMs, arrive);
    if (passage.twice) this.world.after(this.wayMs() + passage.thereMs, arrive);
    return true;
  }

  /** Carries an answer or an event back. Nothing reaches a dead process. */
  back(passage: Pick<Passage, 'backMs'>, arrive: (at: EpochMs) => void): void {
    if (passage.backMs === null) return;
    this.process.after(this.wayMs() + passage.backMs, () => arrive(this.process.now()));
  }

  private wayMs(): number {
    const span = Math.max(0, this.terms.mostMs - this.terms.leastMs);
    return this.terms.leastMs + this.random.below(span * QUARTERS + 1) / QUARTERS;
  }
}
