import type { EpochMs } from '@lockstep/kernel';

/** Processes that lost their lock and may still live. */
export class Formers {
  private readonly certainUntil = new Map<string, EpochMs>();
  private readonly superseded = new Set<string>();

  lost(process: string, certainUntil: EpochMs): void {
    this.certainUntil.set(process, certainUntil);
  }

  /** Another process has begun its term: every one that lost its lock before is over. */
  begun(process: string): void {
    for (const former of this.certainUntil.keys()) if (former !== process) this.superseded.add(former);
  }

  has(process: string): boolean {
    return this.certainUntil.has(process);
  }

  /** Whether the next one leads: what this one is told, another does not know by it. */
  isOver(process: string): boolean {
    return this.superseded.has(process);
  }

  /** Until when a process may send; null: it never lost its lock. */
  maySendUntil(process: string): EpochMs | null {
    return this.certainUntil.get(process) ?? null;
  }
}
