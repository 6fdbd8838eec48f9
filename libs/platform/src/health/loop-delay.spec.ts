import type { Timers } from '@lockstep/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LoopDelay, watchLoop } from './loop-delay';

/** A loop that comes to its timers as late as it is told. */
class LateLoop implements Pick<Timers, 'after'> {
  now = 0;
  waiting: { readonly dueAt: number; readonly work: () => void }[] = [];
  monotonic = (): number => this.now;
  after = (ms: number, work: () => void) => {
    const timer = { dueAt: this.now + ms, work };
    this.waiting.push(timer);
    return { cancel: () => void this.waiting.splice(this.waiting.indexOf(timer), 1) };
  };
  /** Runs what is due next, so late. */
  next(lateMs: number): void {
    const timer = this.waiting.shift();
    if (timer === undefined) throw new Error('nothing waits');
    this.now = Math.max(this.now, timer.dueAt + lateMs);
    timer.work();
  }
}

describe('the delay of the event loop', () => {
  let loop: LateLoop;
  let delay: LoopDelay;
  beforeEach(() => {
    loop = new LateLoop();
    delay = watchLoop(loop, loop);
  });

  it.each([
    ['nobody looked yet', [], 0],
    ['there were too few looks', [400, 500], 0],
    ['each look was late', [400, 500, 300], 300],
    ['one hiccup was between two that were not', [5, 3_000, 5], 5],
    ['it keeps up again', [400, 500, 300, 2], 2],
    ['only the last looks count', [2, 400, 600, 500], 400],
  ])('is, where %s, the least of the last looks', (_case, looks, expected) => {
    delay.sustainedMs();
    for (const lateMs of looks) {
      loop.next(lateMs);
      delay.sustainedMs();
    }
    expect(delay.sustainedMs()).toBe(expected);
  });

  it('is looked at by one timer, however often it is asked for, and by none when nobody asks', () => {
    for (let asked = 0; asked < 10; asked += 1) delay.sustainedMs();
    expect(loop.waiting).toHaveLength(1);
    for (let looks = 0; loop.waiting.length > 0; looks += 1) {
      expect(looks).toBeLessThan(30);
      loop.next(0);
    }
    expect(delay.sustainedMs()).toBe(0);
    expect(loop.waiting).toHaveLength(1);
  });

  it('of before a pause counts for nothing behind it', () => {
    delay.sustainedMs();
    while (loop.waiting.length > 0) loop.next(900);
    expect(delay.sustainedMs()).toBe(0);
  });

  it('leaves no timer behind', () => {
    delay.sustainedMs();
    delay.close();
    expect(loop.waiting).toHaveLength(0);
  });
});
