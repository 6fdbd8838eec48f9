import { createHash } from 'node:crypto';
import type { Id } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';

/** What came out of a writer that was finished. */
export interface WrittenBytes {
  readonly byteCount: bigint;
  readonly sha256: Buffer;
}

/** Where a file's bytes go. */
export type Sink = (no: number, firstByte: bigint, bytes: Buffer) => Promise<void>;

/** The chunks of an export inside a unit. */
export const chunksOf =
  (unit: ScopedUnit, exportId: Id<'export'>): Sink =>
  (no, firstByte, bytes) =>
    unit.exports.addChunk(exportId, no, firstByte, bytes);

/** Cuts a file's text into chunks of one size, so that equal texts give equal chunks, and hashes it on the way. */
export class ChunkWriter {
  private readonly hash = createHash('sha256');
  private parts: Buffer[] = [];
  private pending = 0;
  private written = 0n;
  private chunks = 0;

  constructor(
    private readonly sink: Sink,
    private readonly chunkBytes: number,
  ) {}

  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    this.hash.update(bytes);
    this.parts.push(bytes);
    this.pending += bytes.length;
    while (this.pending >= this.chunkBytes) await this.flush(this.chunkBytes);
  }

  /** Writes what is left. The writer is of no use afterwards. */
  async finish(): Promise<WrittenBytes> {
    if (this.pending > 0) await this.flush(this.pending);
    return { byteCount: this.written, sha256: this.hash.digest() };
  }

  private async flush(length: number): Promise<void> {
    const all = Buffer.concat(this.parts);
    const rest = all.subarray(length);
    this.parts = rest.length > 0 ? [rest] : [];
    this.pending = rest.length;
    await this.sink(this.chunks, this.written, all.subarray(0, length));
    this.chunks += 1;
    this.written += BigInt(length);
  }
}
