import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../clock/random';
import { VirtualTime } from '../clock/virtual-time';
import { Link, NO_FAULTS, SMOOTH } from './link';

const BEGIN = Date.UTC(2026, 0, 1);

function stage(leastMs = 2, mostMs = 6) {
  const time = new VirtualTime(BEGIN);
  const process = time.process(300);
  return { time, process, link: new Link(time, process, new SeededRandom(11), { leastMs, mostMs }, NO_FAULTS) };
}

describe('the way between an engine process and the world', () => {
  it.each([
    ['a smooth request', SMOOTH, true, 1],
    ['one that arrives twice', { ...SMOOTH, twice: true }, true, 2],
    ['one that is lost', { ...SMOOTH, thereMs: null, twice: true }, false, 0],
    ['one that is not taken', { ...SMOOTH, unsent: true }, false, 0],
  ] as const)('carries %s as often as it shall arrive', async (_, passage, left, times) => {
    const { time, link } = stage();
    const arrived: number[] = [];
    expect(link.send(passage, () => void arrived.push(time.monotonic()))).toBe(left);
    await time.runUntil(BEGIN + 100);
    expect(arrived.length).toBe(times);
  });

  it('takes from the least to the most time, in quarters, and what is added to it', async () => {
    const { time, link } = stage();
    const ways: number[] = [];
    for (let sent = 0; sent < 300; sent += 1) link.send({ ...SMOOTH, thereMs: 1_000 }, () => void ways.push(time.monotonic() - 1_000));
    await time.runUntil(BEGIN + 2_000);
    expect([Math.min(...ways), Math.max(...ways)]).toEqual([2, 6]);
    expect(new Set(ways).size).toBe(17);
  });

  it('brings answers by the clock of the process, and none that is lost or comes to a dead one', async () => {
    const { time, process, link } = stage(5, 5);
    const received: number[] = [];
    link.back(SMOOTH, (at) => void received.push(at - BEGIN));
    link.back({ backMs: null }, (at) => void received.push(at));
    await time.runUntil(BEGIN + 10);
    expect(received).toEqual([305]);
    const arrived: number[] = [];
    link.send(SMOOTH, () => void arrived.push(time.monotonic()));
    link.back(SMOOTH, (at) => void received.push(at));
    process.kill();
    await time.runUntil(BEGIN + 20);
    expect([received.length, arrived.length]).toEqual([1, 1]);
  });
});
