import { describe, expect, it } from 'vitest';
import { Nonces } from './nonces';

describe('nonces', () => {
  it('are the time, or one above the last when the time has not moved on', () => {
    const nonces = new Nonces(0);
    expect([nonces.next(3, 1000.7), nonces.next(3, 1000.9), nonces.next(3, 999), nonces.next(3, 2000)]).toEqual([1000, 1001, 1002, 2000]);
  });

  it('start above the highest journaled one even when the clock went back', () => {
    const nonces = new Nonces(5000);
    expect(nonces.next(0, 4000)).toBe(5001);
    expect(nonces.next(2_000, 4000)).toBe(5001);
  });

  it('keep one counter per signer, also through growth', () => {
    const nonces = new Nonces(10);
    nonces.next(0, 100);
    nonces.raise(1, 500);
    expect(nonces.column(5000).length).toBeGreaterThanOrEqual(5000);
    expect([nonces.next(0, 50), nonces.next(1, 50), nonces.next(4999, 50)]).toEqual([101, 501, 50]);
  });
});
