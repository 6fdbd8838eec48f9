import { suspendedTenantOf, suspensionWakeup } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { killTargetOf } from '@lockstep/risk';
import type { EngineScopedUnit } from '@lockstep/storage';

/** Kill switches and suspensions that were named and no reading confirmed yet; what is named beyond stops when it is read. */
const NAMED_MAX = 10_000;
/** A reading that began longer ago is not relied on, in ms: of the 100 ms after which a stop acts (product §3) the commit that follows needs some. */
const FRESH_MS = 50;

/** What the last reading of all kill switches and suspensions found, by the names wake-ups have for them, and when it began. */
interface Reading {
  readonly names: ReadonlySet<string>;
  /** Monotonic ms. */
  readonly beganAt: number;
}

/** What was asked for beside what is written down. */
export interface UnheardNames {
  readonly names: readonly string[];
  /** Monotonic ms: what was answered before is among them, or was known. */
  readonly asOf: number;
}

/**
 * What is known of kill switches and suspensions: what the last reading of them all found, and what was named since, by a wake-up or beside what was written
 * down. What is named acts at once and stands until a reading that began after it.
 */
export class KnownStops {
  private last: Reading = { names: new Set(), beganAt: Number.NEGATIVE_INFINITY };
  /** By name: the number of its naming. */
  private readonly named = new Map<string, number>();
  private namings = 0;
  /** Told when something was named. */
  onNamed: () => void = () => undefined;

  /** @param monotonic ms */
  constructor(private readonly monotonic: () => number) {}

  /** Number of the newest naming: a reading that begins now finds everything named up to it. */
  get newest(): number {
    return this.namings;
  }

  /** What was named and not read since. */
  get unread(): readonly string[] {
    return [...this.named.keys()];
  }

  /** Takes what a wake-up named; names of neither a kill switch nor a suspension are none of ours. */
  name(name: string): void {
    this.meet([name]);
  }

  /** Takes names that were met beside what was written down: they act as if wake-ups had told of them. */
  meet(names: readonly string[]): void {
    const before = this.namings;
    for (const name of names) {
      if ((killTargetOf(name) === null && suspendedTenantOf(name) === null) || this.named.size >= NAMED_MAX) continue;
      this.namings += 1;
      this.named.set(name, this.namings);
    }
    if (this.namings > before) this.onNamed();
  }

  /** A reading that began after naming `upTo` found `names`. */
  read(names: Iterable<string>, upTo: number, beganAt: number): void {
    this.last = { names: new Set(names), beganAt };
    for (const [name, no] of this.named) if (no <= upTo) this.named.delete(name);
  }

  /**
   * What stops a scope and is not known, for {@link KnownStops.meet}: asked for in the transaction that writes down what may leave once it is committed. Nothing is asked while the last
   * reading is fresh.
   */
  async unheard({ tenantId }: TenantScope, switches: EngineScopedUnit['killSwitches']): Promise<UnheardNames> {
    const now = this.monotonic();
    if (now - this.last.beganAt <= FRESH_MS) return { names: [], asOf: this.last.beganAt };
    const { names, suspended } = await switches.inForce();
    const all = suspended ? [...names, suspensionWakeup(tenantId)] : names;
    return { names: all.filter((name) => !this.last.names.has(name) && !this.named.has(name)), asOf: now };
  }
}
