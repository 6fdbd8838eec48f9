import { VirtualTime } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { SimWakeups } from './wakeups';

const BEGIN = Date.UTC(2026, 0, 1);

describe('wake-ups of a simulated platform', () => {
  it('reach who listens to their channel a moment later, in order', async () => {
    const time = new VirtualTime(BEGIN);
    const wakeups = new SimWakeups(time, () => false);
    const heard: string[] = [];
    await wakeups.subscribe('commands', (payload) => void heard.push(`a ${payload} ${time.monotonic()}`));
    await wakeups.subscribe('commands', (payload) => void heard.push(`b ${payload} ${time.monotonic()}`));
    await wakeups.subscribe('marks', (payload) => void heard.push(`marks ${payload}`));
    await wakeups.publish('commands', '1');
    await wakeups.publish('commands', '2');
    await wakeups.publish('nobody', '3');
    expect(heard).toEqual([]);
    await time.runUntil(BEGIN + 5);
    expect(heard).toEqual(['a 1 1', 'b 1 1', 'a 2 1', 'b 2 1']);
  });

  it('never reach who stopped listening, even while they were on their way', async () => {
    const time = new VirtualTime(BEGIN);
    const wakeups = new SimWakeups(time, () => false);
    const heard: string[] = [];
    const stop = await wakeups.subscribe('commands', (payload) => void heard.push(payload));
    await wakeups.publish('commands', 'on its way');
    await stop();
    await time.runUntil(BEGIN + 5);
    expect(heard).toEqual([]);
  });

  it('are lost as they are told to be, each by itself', async () => {
    const time = new VirtualTime(BEGIN);
    const lost = [true, false, true];
    const wakeups = new SimWakeups(time, () => lost.shift() ?? false);
    const heard: string[] = [];
    await wakeups.subscribe('commands', (payload) => void heard.push(payload));
    for (const payload of ['1', '2', '3', '4']) await wakeups.publish('commands', payload);
    await time.runUntil(BEGIN + 5);
    expect(heard).toEqual(['2', '4']);
  });
});
