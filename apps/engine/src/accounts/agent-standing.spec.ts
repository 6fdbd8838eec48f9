import { describe, expect, it } from 'vitest';
import { entriesUntil, listedAgent, NO_END, standingByTime } from './agent-standing';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const WARN = 14 * DAY;

describe('how an agent stands by its end', () => {
  it.each<[string, number, string]>([
    ['without an end', 0, 'approved'],
    ['far from it', NOW + WARN + 1, 'approved'],
    ['fourteen days before it', NOW + WARN, 'expiring'],
    ['a moment before it', NOW + 1, 'expiring'],
    ['at its end', NOW, 'expired'],
    ['long after it', NOW - DAY, 'expired'],
  ])('%s', (_name, validUntil, standing) => {
    expect(standingByTime(validUntil, NOW, WARN)).toBe(standing);
  });
});

describe('until when entries may leave', () => {
  it.each([
    ['approved', 0, NO_END],
    ['approved', NOW, NOW],
    ['expiring', NOW, NOW],
    ['expired', NOW, NOW],
    ['removed', NOW + DAY, 0],
    ['removed', 0, 0],
  ] as const)('%s with end %i: %i', (agentStatus, agentValidUntil, until) => {
    expect(entriesUntil({ agentStatus, agentValidUntil })).toBe(until);
  });
});

describe('the venue’s list of agents', () => {
  const agents = [{ name: 'a', address: '0xAB', validUntil: 7 }];
  it('names an agent with its end, however its address is written; what it does not name is unlisted', () => {
    expect(listedAgent(agents, '0xab')).toEqual({ kind: 'listed', validUntil: 7 });
    expect(listedAgent([{ name: 'a', address: '0xab', validUntil: null }], '0xAB')).toEqual({ kind: 'listed', validUntil: 0 });
    expect(listedAgent(agents, '0xcd')).toEqual({ kind: 'unlisted' });
  });
});
