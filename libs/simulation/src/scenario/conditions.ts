import type { Mood } from './market';

/** What a market does, one thing at a time, so that each can be asked for by name. */
export const CONDITIONS = ['calm', 'trend', 'crash', 'gap', 'thin', 'funding_spike', 'halt'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** The moods of each condition, which begin after calms of some seconds; in a crash all coins fall by a fifth and more within minutes, at once. */
export const MOODS: Readonly<Record<Condition, readonly (readonly [share: number, mood: Mood])[]>> = {
  calm: [],
  trend: [
    [1, 'rise'],
    [1, 'fall'],
  ],
  crash: [
    [3, 'market_crash'],
    [1, 'rise'],
  ],
  gap: [[1, 'gap']],
  thin: [[1, 'thin']],
  funding_spike: [[1, 'funding_spike']],
  halt: [[1, 'halted']],
};
