import type { Address } from '../../port';

/** A signing key and whom it acts for. */
export interface LoadedKey {
  readonly privateKey: Uint8Array;
  readonly actingFor: Address | null;
  /** Who signs, where the wire is to say so. */
  readonly claim: Address | null;
}

/** The keys one worker holds. They never leave it; dropping one overwrites it. */
export class KeyRing {
  private readonly keys = new Map<number, LoadedKey>();

  /** Takes over packed keys, 32 bytes each. A handle loaded again replaces its key. */
  load(handles: Int32Array, packed: Uint8Array, actingFor: readonly (Address | null)[] | null, claims: readonly Address[] | null): void {
    handles.forEach((handle, index) => {
      this.drop(handle);
      const privateKey = packed.subarray(index * 32, index * 32 + 32);
      this.keys.set(handle, { privateKey, actingFor: actingFor?.[index] ?? null, claim: claims?.[index] ?? null });
    });
  }

  get(handle: number): LoadedKey | undefined {
    return this.keys.get(handle);
  }

  drop(handle: number): void {
    this.keys.get(handle)?.privateKey.fill(0);
    this.keys.delete(handle);
  }

  clear(): void {
    for (const handle of [...this.keys.keys()]) this.drop(handle);
  }
}
