import { describe, expect, it } from 'vitest';
import { carryOutInOrder, predecessors } from './in-order';

const command = (kind: string, targetId: string, needs?: readonly string[]) => ({ kind, targetId, payload: needs === undefined ? {} : { needs } });

describe('the order of commands', () => {
  it.each([
    ['accounts beside each other', [command('venue_account.activate', 'a'), command('venue_account.activate', 'b')], [[], []]],
    [
      'a copy behind its account and leader, beside other copies',
      [
        command('leader.watch', 'l'),
        command('venue_account.activate', 'a'),
        command('copy.activate', 'x', ['a', 'l']),
        command('venue_account.activate', 'b'),
        command('copy.activate', 'y', ['b', 'l']),
      ],
      [[], [], [1, 0], [], [3, 0]],
    ],
    ['one object in order', [command('copy.pause', 'x'), command('copy.resume', 'x'), command('copy.pause', 'y')], [[], [0], []]],
    [
      'a kind of wider reach behind everything and before everything',
      [command('copy.pause', 'x'), command('copy.pause', 'y'), command('follower.close_all', 'f'), command('copy.pause', 'z')],
      [[], [], [0, 1], [2]],
    ],
    [
      'a copy that names nothing behind everything',
      [command('venue_account.activate', 'a'), command('copy.activate', 'x'), command('copy.pause', 'y')],
      [[], [0], [1]],
    ],
    ['two wide ones in a row', [command('fees.changed', 'f'), command('fees.changed', 'g'), command('copy.pause', 'x')], [[], [0], [1]]],
  ])('%s', (_name, commands, expected) => {
    expect(predecessors(commands)).toEqual(expected);
  });

  it('carries each out behind what it waits for, and the rest at the same time', async () => {
    const log: string[] = [];
    const gates = new Map<string, () => void>();
    const work = carryOutInOrder(
      [command('venue_account.activate', 'a'), command('venue_account.activate', 'b'), command('copy.activate', 'x', ['a'])],
      8,
      async ({ targetId }) => {
        log.push(`begin ${targetId}`);
        await new Promise<void>((resolve) => gates.set(targetId, resolve));
        log.push(`end ${targetId}`);
      },
    );
    await new Promise(setImmediate);
    expect(log).toEqual(['begin a', 'begin b']);
    gates.get('a')?.();
    await new Promise(setImmediate);
    expect(log).toEqual(['begin a', 'begin b', 'end a', 'begin x']);
    gates.get('b')?.();
    gates.get('x')?.();
    await work;
  });

  it('tells a failure after the others ended, and what waits for the failed one never begins', async () => {
    const log: string[] = [];
    const work = carryOutInOrder(
      [command('copy.pause', 'x'), command('copy.resume', 'x'), command('copy.pause', 'y')],
      1,
      async ({ kind, targetId }) => {
        log.push(`${kind} ${targetId}`);
        if (targetId === 'x') throw new Error('no database');
      },
    );
    await expect(work).rejects.toThrow('no database');
    expect(log).toEqual(['copy.pause x', 'copy.pause y']);
  });
});
