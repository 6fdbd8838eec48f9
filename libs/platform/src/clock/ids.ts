import { type Clock, type Ids, makeId, type Random } from '@lockstep/kernel';

const RANDOM_BYTES = 10;

/**
 * Time-ordered ids: each is greater than the one before from the same generator, also inside one millisecond
 * and when the wall clock steps back. Ids are no secrets: within one millisecond the next differs by one.
 */
export function systemIds(clock: Clock, random: Random): Ids {
  let lastMs = -1;
  let tail = new Uint8Array(RANDOM_BYTES);
  return {
    next: (kind) => {
      const nowMs = clock.now();
      if (nowMs > lastMs || !increment(tail)) {
        lastMs = nowMs > lastMs ? nowMs : lastMs + 1;
        tail = Uint8Array.from(random.bytes(RANDOM_BYTES));
        // The top bit is left clear so that a millisecond's ids cannot run out of room to count up.
        tail[0] = (tail[0] ?? 0) & 0x7f;
      }
      return makeId(kind, lastMs, tail);
    },
  };
}

/** Adds one to a big-endian number in place; false when it wrapped around. */
function increment(bytes: Uint8Array): boolean {
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    const next = (bytes[index] ?? 0) + 1;
    bytes[index] = next & 0xff;
    if (next <= 0xff) return true;
  }
  return false;
}
