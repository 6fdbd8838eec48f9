import { describe, expect, it } from 'vitest';
import { VirtualTime } from './virtual-time';

const BEGIN = Date.UTC(2026, 0, 1);

/** A time and what happened in it, each as `name@ms`. */
function stage(): { readonly time: VirtualTime; readonly happened: string[]; readonly note: (name: string) => () => void } {
  const time = new VirtualTime(BEGIN);
  const happened: string[] = [];
  return { time, happened, note: (name) => () => void happened.push(`${name}@${time.monotonic()}`) };
}

describe('virtual time', () => {
  it('does what is due by time, and equal times in the order they were asked for', async () => {
    const { time, happened, note } = stage();
    time.after(20, note('late'));
    time.after(10, note('first'));
    time.after(10.5, note('fraction'));
    time.after(10, note('second'));
    time.soon(note('now'));
    time.after(-5, note('past'));
    await time.runUntil(BEGIN + 30);
    expect(happened).toEqual(['now@0', 'past@0', 'first@10', 'second@10', 'fraction@10.5', 'late@20']);
  });

  it('keeps the order of hundreds of works at few times', async () => {
    const { time, happened } = stage();
    const asked = Array.from({ length: 500 }, (_, no) => ({ at: (no * 7_919) % 13, no }));
    for (const { at, no } of asked) time.after(at, () => void happened.push(`${at}/${no}`));
    await time.runUntil(BEGIN + 13);
    expect(happened).toEqual([...asked].sort((a, b) => a.at - b.at || a.no - b.no).map(({ at, no }) => `${at}/${no}`));
  });

  it('lets what a work set off run to its end before the next work', async () => {
    const { time, happened, note } = stage();
    time.after(5, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(note('awaited'));
    });
    time.after(5, note('next'));
    await time.runUntil(BEGIN + 5);
    expect(happened).toEqual(['awaited@5', 'next@5']);
  });

  it('stands at the moment it was run to, whole in now and exact with fractions', async () => {
    const { time, happened, note } = stage();
    time.after(10, note('due'));
    time.after(10.75, note('not due'));
    await time.runUntil(BEGIN + 10.5);
    expect(happened).toEqual(['due@10']);
    expect([time.now(), time.monotonic(), time.exact()]).toEqual([BEGIN + 10, 10.5, BEGIN + 10.5]);
    await time.runUntil(BEGIN + 3);
    expect(time.monotonic()).toBe(10.5);
  });

  it('does nothing that was cancelled', async () => {
    const { time, happened, note } = stage();
    const cancelled = time.after(10, note('cancelled'));
    time.after(5, () => cancelled.cancel());
    time.after(10, note('kept'));
    await time.runUntil(BEGIN + 20);
    expect(happened).toEqual(['kept@10']);
  });

  it('repeats on its own grid until it is cancelled, also by itself', async () => {
    const { time, happened, note } = stage();
    const repeated = time.every(10, note('tick'));
    let left = 2;
    const own = time.every(7, () => {
      note('own')();
      left -= 1;
      if (left === 0) own.cancel();
    });
    await time.runUntil(BEGIN + 35);
    repeated.cancel();
    await time.runUntil(BEGIN + 100);
    expect(happened).toEqual(['own@7', 'tick@10', 'own@14', 'tick@20', 'tick@30']);
  });

  it('stops what spins at one moment', async () => {
    const time = new VirtualTime(BEGIN, () => Promise.resolve());
    const spin = (): void => void time.soon(spin);
    time.after(3, spin);
    await expect(time.runUntil(BEGIN + 10)).rejects.toThrow('something spins');
  });

  describe('while something is waited for', () => {
    it('goes on until it has ended, and no further', async () => {
      const { time, happened, note } = stage();
      time.after(30, note('later'));
      const work = new Promise<void>((resolve) => void time.after(20, resolve));
      await time.runWhile(work, 1_000);
      expect([time.monotonic(), happened]).toEqual([20, []]);
    });

    it('throws what it throws', async () => {
      const { time } = stage();
      const work = new Promise<void>((_, reject) => void time.after(20, () => reject(new Error('refused'))));
      await expect(time.runWhile(work, 1_000)).rejects.toThrow('refused');
    });

    it.each([
      ['with nothing due', () => undefined],
      ['with works due for ever', (time: VirtualTime) => time.every(10, () => undefined)],
    ])('gives up after its bound, %s', async (_, begin) => {
      const { time } = stage();
      begin(time);
      await expect(time.runWhile(new Promise(() => undefined), 100)).rejects.toThrow('had not ended after 100 ms');
      expect(time.monotonic()).toBeLessThanOrEqual(100);
    });
  });
});

describe('a process in virtual time', () => {
  it('gets nothing any more once it is killed', async () => {
    const { time, happened, note } = stage();
    const [dying, living] = [time.process(), time.process()];
    dying.after(10, note('after'));
    dying.every(3, note('every'));
    living.after(10, note('living'));
    time.after(7, () => {
      dying.soon(note('soon'));
      dying.kill();
      dying.after(1, note('asked when dead'));
      dying.every(1, note('asked when dead'));
    });
    await time.runUntil(BEGIN + 20);
    expect(happened).toEqual(['every@3', 'every@6', 'living@10']);
    expect([dying.alive, living.alive]).toEqual([false, true]);
  });

  it('may throw as it dies, and only then', async () => {
    const { time } = stage();
    const [dying, living] = [time.process(), time.process()];
    dying.after(1, () => {
      dying.kill();
      throw new Error('died');
    });
    await time.runUntil(BEGIN + 5);
    living.after(1, () => {
      throw new Error('a defect');
    });
    await expect(time.runUntil(BEGIN + 10)).rejects.toThrow('a defect');
  });

  it('has a clock of its own, which moves no timer', async () => {
    const { time, happened } = stage();
    const ahead = time.process(300);
    ahead.after(10, () => void happened.push(`${ahead.now() - time.now()} ${ahead.monotonic()}`));
    await time.runUntil(BEGIN + 10);
    ahead.setOffset(-40.9);
    ahead.after(10, () => void happened.push(`${ahead.now() - time.now()} ${ahead.monotonic()}`));
    await time.runUntil(BEGIN + 20);
    expect(happened).toEqual(['300 10', '-40 20']);
  });

  it('cancels its own timers', async () => {
    const { time, happened, note } = stage();
    const process = time.process();
    process.after(5, note('cancelled')).cancel();
    const every = process.every(2, note('every'));
    process.after(5, () => every.cancel());
    await time.runUntil(BEGIN + 10);
    expect(happened).toEqual(['every@2', 'every@4']);
  });
});
