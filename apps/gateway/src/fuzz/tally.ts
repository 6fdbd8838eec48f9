import type { FuzzedOperation } from './operations';
import type { Fault } from './verdict';

interface Counted {
  accepted: number;
  refused: number;
  readonly refusable: boolean;
  why: string;
}

export interface Finding {
  readonly fault: Fault;
  readonly operation: string;
  readonly why: string;
  /** What was sent, without any key. */
  readonly request: string;
}

/** Findings kept whole; all are counted. */
const KEPT_MAX = 200;

/** What a run has seen, by operation. */
export class Tally {
  requests = 0;
  readonly findings: Finding[] = [];
  private readonly counts = new Map<Fault, number>();
  private readonly operations = new Map<string, Counted>();

  constructor(operations: readonly Pick<FuzzedOperation, 'id' | 'refusable'>[]) {
    for (const { id, refusable } of operations) this.operations.set(id, { accepted: 0, refused: 0, refusable, why: '' });
  }

  /** Keeps the newest refusal of a request that was meant to be accepted, for the operation's line where it lacks some. */
  refusedAGood(operation: string, why: string): void {
    this.of(operation).why = why;
  }

  note(operation: string, accepted: boolean): void {
    this.requests += 1;
    const counted = this.of(operation);
    if (accepted) counted.accepted += 1;
    else counted.refused += 1;
  }

  find(finding: Finding): void {
    this.counts.set(finding.fault, this.count(finding.fault) + 1);
    if (this.findings.length < KEPT_MAX) this.findings.push(finding);
  }

  count = (fault: Fault): number => this.counts.get(fault) ?? 0;

  of(operation: string): Counted {
    const counted = this.operations.get(operation) ?? { accepted: 0, refused: 0, refusable: true, why: '' };
    this.operations.set(operation, counted);
    return counted;
  }

  /** Operations with at least so many accepted and so many refused requests, and what the others lack. */
  covered(least: number): { readonly covered: number; readonly lacking: readonly string[] } {
    const all = [...this.operations];
    const lacking = all.filter(([, { accepted, refused, refusable }]) => accepted < least || (refusable && refused < least));
    return {
      covered: all.length - lacking.length,
      lacking: lacking.map(([id, { accepted, refused, why }]) => `${id}: ${accepted} accepted, ${refused} refused${why === '' ? '' : `, ${why}`}`),
    };
  }
}
