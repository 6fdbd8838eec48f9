import { type Observation, VirtualTime } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { Quiet } from './quiet';

const BEGIN_MS = 1_000_000;
/** A fill of the venue's; nothing but its kind and time matter here. */
const filled = (at: number): Observation => ({ kind: 'world_fill', at }) as Observation;

describe('what is on its way while a calm is to be judged', () => {
  const waiting = () => {
    const time = new VirtualTime(BEGIN_MS);
    const quiet = new Quiet(time);
    return { time, quiet };
  };

  it('is nothing where nothing trades', async () => {
    const { time, quiet } = waiting();
    quiet.observe({ kind: 'troubled', at: BEGIN_MS });
    await quiet.until();
    expect(time.now()).toBe(BEGIN_MS);
  });

  it('is waited for until it is long enough ago, with what it sets off', async () => {
    const { time, quiet } = waiting();
    quiet.observe(filled(BEGIN_MS));
    time.after(1_000, () => quiet.observe(filled(BEGIN_MS + 1_000)));
    await quiet.until();
    expect(time.now()).toBe(BEGIN_MS + 3_500);
  });

  it('is not waited for without end', async () => {
    const { time, quiet } = waiting();
    quiet.observe(filled(BEGIN_MS));
    time.every(1_000, () => quiet.observe(filled(time.now())));
    await quiet.until();
    expect(time.now()).toBeGreaterThanOrEqual(BEGIN_MS + 40_000);
    expect(time.now()).toBeLessThan(BEGIN_MS + 45_000);
  });
});
