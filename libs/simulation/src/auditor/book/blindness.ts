import type { EpochMs } from '@lockstep/kernel';
import { entryOf } from './entry-of';

interface Sight {
  allSince: EpochMs | null;
  /** Addresses seen again since everything was lost. */
  readonly synced: Set<string>;
  readonly since: Map<string, EpochMs>;
}

/** Which addresses the processes see nothing of, since when. */
export class Blindness {
  private readonly processes = new Map<string, Sight>();

  disconnected(process: string, addresses: readonly string[] | null, at: EpochMs): void {
    const seen = this.of(process);
    if (addresses === null) {
      seen.allSince = seen.allSince ?? at;
      seen.synced.clear();
      return;
    }
    for (const address of addresses) {
      if (!seen.since.has(address)) seen.since.set(address, at);
    }
  }

  synced(process: string, address: string): void {
    const seen = this.of(process);
    seen.since.delete(address);
    if (seen.allSince !== null) seen.synced.add(address);
  }

  /** Since when fills of the address may be missing at the process; null: it is seen. */
  since(process: string, address: string): EpochMs | null {
    const seen = this.processes.get(process);
    if (seen === undefined) return null;
    return seen.since.get(address) ?? (seen.allSince !== null && !seen.synced.has(address) ? seen.allSince : null);
  }

  /** Whether any process may miss fills of the address. */
  losesAny(address: string): boolean {
    return [...this.processes.keys()].some((process) => this.since(process, address) !== null);
  }

  forget(process: string): void {
    this.processes.delete(process);
  }

  private of(process: string): Sight {
    return entryOf(this.processes, process, () => ({ allSince: null, synced: new Set<string>(), since: new Map<string, EpochMs>() }));
  }
}
