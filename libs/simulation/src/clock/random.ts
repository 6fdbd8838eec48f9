import type { Random } from '@lockstep/kernel';

const WORD = 4_294_967_296;

/** Reproducible random numbers from a seed (xoshiro128**, seeded by splitmix32). Not for secrets. */
export class SeededRandom implements Random {
  private readonly state: Uint32Array;

  constructor(readonly seed: number) {
    let mixed = seed >>> 0;
    this.state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      return (word ^ (word >>> 15)) >>> 0;
    });
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() & 0xff);
  }

  below(below: number): number {
    const limit = WORD - (WORD % below);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % below;
    }
  }

  /** A number from 0 up to, not including, 1, on a grid of 2^-32. */
  fraction(): number {
    return this.word() / WORD;
  }

  /** One of the elements; the list is not empty. */
  pick<const T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  private word(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.state[0] = a ^ fourth;
    this.state[1] = b ^ third;
    this.state[2] = third ^ (b << 9);
    this.state[3] = rotate(fourth, 11);
    return result;
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
