import { type Clock, type Id, type IdKind, type Ids, makeId, type Random } from '@lockstep/kernel';

/** Ids of the house's form from an injected clock and random source. */
export class SeededIds implements Ids {
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  next<K extends IdKind>(kind: K): Id<K> {
    return makeId(kind, this.clock.now(), this.random.bytes(10));
  }
}
