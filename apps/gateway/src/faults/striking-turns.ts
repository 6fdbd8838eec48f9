import type { TenantScope } from '@lockstep/kernel';

/** Each strike is a unit that holds a connection while it waits for its tenant's row: these bounds keep connections free for what is no test. */
export const STRIKING_LIMITS = {
  /** Units that strike at the same time in this gateway, whatever their scopes; a scope has one at most. */
  atOnceMax: 4,
  /** Strikes of one scope that wait for their turn. */
  waitingMax: 256,
} as const;

type Limits = { readonly [Name in keyof typeof STRIKING_LIMITS]: number };

/** Gives the units that count and strike their turns, before they ask for a connection: one of a scope at a time, in the order in which they came, and few of all scopes. */
export class StrikingTurns {
  /** Who waits, by scope; a scope that is absent has nobody at work. */
  private readonly scopes = new Map<string, (() => void)[]>();
  private readonly places: (() => void)[] = [];
  private atWork = 0;

  constructor(private readonly limits: Limits = STRIKING_LIMITS) {}

  /** Does the work when its turn has come; null: too many of its scope wait already, and it is not done. Throws what the work throws. */
  async run<T>({ tenantId }: Pick<TenantScope, 'tenantId'>, work: () => Promise<T>): Promise<T | null> {
    const waiting = this.scopes.get(tenantId);
    if (waiting !== undefined && waiting.length >= this.limits.waitingMax) return null;
    if (waiting === undefined) this.scopes.set(tenantId, []);
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await this.inPlace(work);
    } finally {
      const next = this.scopes.get(tenantId)?.shift();
      if (next === undefined) this.scopes.delete(tenantId);
      else next();
    }
  }

  private async inPlace<T>(work: () => Promise<T>): Promise<T> {
    if (this.atWork >= this.limits.atOnceMax) await new Promise<void>((resolve) => this.places.push(resolve));
    else this.atWork += 1;
    try {
      return await work();
    } finally {
      // Whoever waits takes the place over.
      const next = this.places.shift();
      if (next === undefined) this.atWork -= 1;
      else next();
    }
  }
}
