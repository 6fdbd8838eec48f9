import { Turns } from './turns';

/** Bounds of what is shared. */
export interface PlacesOptions {
  readonly places: number;
  /** Of them one owner holds at most. */
  readonly perOwnerMax: number;
  readonly waitMaxMs: number;
}

interface Waiting {
  readonly owner: string;
  readonly answer: (has: boolean) => void;
}

/** Places that owners take turns for: whoever asks for many leaves some to the others, and gets no more than they while they wait. */
export class Places {
  private readonly waiting = new Turns<Waiting>();
  private readonly held = new Map<string, number>();
  private free: number;

  constructor(private readonly options: PlacesOptions) {
    this.free = options.places;
  }

  /** Takes a place, as soon as one is free and it is this owner's turn; false where none came within the bound. */
  take(owner: string): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        owner,
        answer: (has) => {
          clearTimeout(late);
          resolve(has);
        },
      };
      const late = setTimeout(() => {
        if (this.waiting.remove(owner, waiting)) resolve(false);
      }, this.options.waitMaxMs);
      this.waiting.add(owner, waiting);
      this.handOut();
    });
  }

  /** Gives a place back that was taken. */
  giveBack(owner: string): void {
    const left = (this.held.get(owner) ?? 0) - 1;
    if (left > 0) this.held.set(owner, left);
    else this.held.delete(owner);
    this.free += 1;
    this.handOut();
  }

  private handOut(): void {
    while (this.free > 0) {
      const next = this.waiting.next((owner) => (this.held.get(owner) ?? 0) < this.options.perOwnerMax);
      if (next === undefined) return;
      this.free -= 1;
      this.held.set(next.owner, (this.held.get(next.owner) ?? 0) + 1);
      next.answer(true);
    }
  }
}
