import { describe, expect, it } from 'vitest';
import type { RecordedFill } from './recording';
import { startPositions, stepsOf } from './replay';

const fill = (time: number, coin: string, overrides: Partial<RecordedFill> = {}): RecordedFill => ({
  time,
  coin,
  buy: true,
  dir: 'Open Long',
  price: '10',
  size: '1',
  ...overrides,
});

describe('blocks of a replay', () => {
  it('hold one move per coin, and fills of one coin and time stay together', () => {
    const steps = stepsOf([fill(1, 'A'), fill(1, 'A'), fill(2, 'B'), fill(3, 'A'), fill(3, 'B'), fill(3, 'C')], []);
    expect(steps.map((step) => step.fills.map(({ coin, time }) => `${coin}${time}`).join(' '))).toEqual(['A1 A1 B2', 'A3 B3 C3']);
  });

  it('carry the marks known by then, and each fill’s own price above them', () => {
    const marks = [
      { time: 1, coin: 'A', price: '11' },
      { time: 1, coin: 'C', price: '31' },
      { time: 2, coin: 'C', price: '32' },
      { time: 9, coin: 'C', price: '39' },
    ];
    const steps = stepsOf([fill(1, 'A'), fill(2, 'A', { price: '12' })], marks);
    expect(steps.map((step) => Object.fromEntries(step.prices.map(({ coin, price }) => [coin, price])))).toEqual([
      { A: '10', C: '31' },
      { A: '12', C: '32' },
    ]);
  });

  it('lose no fill', () => {
    const fills = Array.from({ length: 50 }, (_, index) => fill(Math.floor(index / 3), ['A', 'B', 'C', 'A'][index % 4] ?? 'A'));
    expect(stepsOf(fills, []).flatMap((step) => step.fills)).toEqual(fills);
  });
});

describe('positions before a recording', () => {
  it('are taken as told, else rebuilt from the first closes', () => {
    const fills = [
      fill(1, 'A', { startPosition: '-2.5', buy: true, dir: 'Close Short' }),
      fill(1, 'B', { dir: 'Close Long', buy: false, size: '3' }),
      fill(2, 'C'),
    ];
    expect(startPositions(fills, () => 1)).toEqual(
      new Map([
        ['A', -25n],
        ['B', 30n],
      ]),
    );
  });
});
