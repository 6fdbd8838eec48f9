import { type EpochMs, min } from '@lockstep/kernel';
import type { ApprovalSeen } from '../observations';

/** When a proposal may have ended that was shown to end at a moment, while increases were asked about for so long. */
export type EndOf = (endsAt: EpochMs, withinMs: number) => EpochMs;

interface Approval {
  readonly seen: ApprovalSeen;
  readonly at: EpochMs;
  /** For how long increases were asked about then. */
  readonly withinMs: number;
  /** What of it no entry filled yet. */
  left: bigint;
}

/** Approvals of a copy in a coin, and what of them was entered. */
export class Approvals {
  private given: Approval[] = [];

  give(seen: ApprovalSeen, at: EpochMs, withinMs: number): void {
    this.given.push({ seen, at, withinMs, left: seen.size });
  }

  refuse(no: string): void {
    this.given = this.given.filter(({ seen }) => seen.no !== no);
  }

  /** Whether something of a side was approved when an entry was decided, and its proposal had not ended. */
  has(buy: boolean, decidedAt: EpochMs, endOf: EndOf): boolean {
    return this.live(buy, decidedAt, endOf).length > 0;
  }

  /** What an entry of a side that was decided at a moment may fill. `endOf`: when a proposal may have ended that was shown to end at a moment. */
  left(buy: boolean, decidedAt: EpochMs, endOf: EndOf): bigint {
    return this.live(buy, decidedAt, endOf).reduce((sum, { left }) => sum + left, 0n);
  }

  /** An entry filled: of what ends first first. */
  spend(buy: boolean, decidedAt: EpochMs, endOf: EndOf, size: bigint): void {
    let rest = size;
    for (const approval of this.live(buy, decidedAt, endOf).sort((a, b) => a.seen.endsAt - b.seen.endsAt)) {
      const taken = min(rest, approval.left);
      approval.left -= taken;
      rest -= taken;
    }
  }

  private live(buy: boolean, decidedAt: EpochMs, endOf: EndOf): Approval[] {
    return this.given.filter(({ seen, at, withinMs }) => seen.buy === buy && at <= decidedAt && decidedAt <= endOf(seen.endsAt, withinMs));
  }
}
