import { describe, expect, it } from 'vitest';
import { type Again, CommandsInHand, predecessors } from './in-order';

let numbered = 0n;
const command = (kind: string, targetId: string, needs?: readonly string[]) => ({
  no: ++numbered,
  kind,
  targetId,
  payload: needs === undefined ? {} : { needs },
});
type TestCommand = ReturnType<typeof command>;

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
      'a kind of wider reach behind everything and before everything that is no stop',
      [command('copy.pause', 'x'), command('copy.pause', 'y'), command('follower.close_all', 'f'), command('copy.settings', 'z')],
      [[], [], [0, 1], [2]],
    ],
    [
      'a stop behind the last command on its copy alone',
      [command('copy.activate', 'x', ['a']), command('fees.changed', 'f'), command('copy.pause', 'y'), command('copy.stop', 'x')],
      [[], [0], [], [0]],
    ],
    [
      'what follows a stop behind it and the kind of wider reach before it',
      [command('fees.changed', 'f'), command('copy.pause', 'x'), command('copy.resume', 'x'), command('leader.close', 'l')],
      [[], [], [0, 1], [0, 1, 2]],
    ],
    [
      'a copy that names nothing behind everything',
      [command('venue_account.activate', 'a'), command('copy.activate', 'x'), command('copy.settings', 'y')],
      [[], [0], [1]],
    ],
    ['two wide ones in a row', [command('fees.changed', 'f'), command('fees.changed', 'g'), command('copy.settings', 'x')], [[], [0], [1]]],
  ])('%s', (_name, commands, expected) => {
    expect(predecessors(commands)).toEqual(expected);
  });
});

const AGAIN_MS = 6_000;

/** Commands in hand that end when they are told to, and what happened to them. */
function desk(parallel = 8) {
  const log: string[] = [];
  const gates = new Map<string, { readonly end: () => void; readonly later: (aside: boolean) => void; readonly fail: (failure: Error) => void }>();
  const waits: { readonly ms: number; readonly over: () => void }[] = [];
  const timers = {
    after: (ms: number, over: () => void) => {
      waits.push({ ms, over });
      return { cancel: () => undefined };
    },
  };
  const inHand = new CommandsInHand<TestCommand>(parallel, 100, timers, async ({ kind, targetId }, before, attempt) => {
    log.push(attempt === 1 ? `begin ${targetId}` : `begin ${targetId} for the ${attempt}. time`);
    if (kind === 'follower.close_all') {
      await before;
      log.push(`goes on ${targetId}`);
    }
    const again = await new Promise<Again | null>((resolve, reject) =>
      gates.set(targetId, { end: () => resolve(null), later: (aside) => resolve({ afterMs: AGAIN_MS, aside }), fail: reject }),
    );
    log.push(again === null ? `end ${targetId}` : `${targetId} later`);
    return again;
  });
  const settled = () => new Promise(setImmediate);
  return {
    inHand,
    /** What happened since the last look. */
    seen: async () => {
      await settled();
      return log.splice(0);
    },
    end: (targetId: string) => gates.get(targetId)?.end(),
    later: (targetId: string, aside = false) => gates.get(targetId)?.later(aside),
    /** Ends every wait; how long they were to be. */
    wait: () => {
      const ended = waits.splice(0);
      for (const { over } of ended) over();
      return ended.map(({ ms }) => ms);
    },
    fail: (targetId: string) => gates.get(targetId)?.fail(new Error('no database')),
  };
}

describe('the commands in hand', () => {
  it('tell of each whether another one waits for its end', async () => {
    const { inHand, seen, end } = desk();
    const [first, beside, behind] = [command('copy.allocation', 'x'), command('copy.allocation', 'y'), command('copy.stop', 'x')];
    const awaited = () => [first, beside, behind].map(({ no }) => inHand.isAwaited(no));
    inHand.take([first, beside]);
    expect(awaited()).toEqual([false, false, false]);
    inHand.take([behind]);
    expect(awaited()).toEqual([true, false, false]);
    await seen();
    end('x');
    await seen();
    expect(awaited()).toEqual([false, false, false]);
  });

  it('are each carried out behind what they wait for, and the rest at the same time', async () => {
    const { inHand, seen, end } = desk();
    inHand.take([command('venue_account.activate', 'a'), command('venue_account.activate', 'b'), command('copy.activate', 'x', ['a'])]);
    expect(await seen()).toEqual(['begin a', 'begin b']);
    end('a');
    expect(await seen()).toEqual(['end a', 'begin x']);
    end('b');
    end('x');
    expect(await seen()).toEqual(['end b', 'end x']);
    expect(inHand.size).toBe(0);
  });

  it('hold back nothing that does not depend on them, whenever it is taken', async () => {
    const { inHand, seen, end } = desk();
    inHand.take([command('copy.activate', 'never', ['a'])]);
    inHand.take([command('copy.pause', 'x'), command('copy.pause', 'never'), command('copy.resume', 'x')]);
    expect(await seen()).toEqual(['begin never', 'begin x']);
    end('x');
    expect(await seen()).toEqual(['end x', 'begin x']);
    expect(inHand.size).toBe(3);
  });

  it('leave places to stops, however many others are carried out', async () => {
    const { inHand, seen, end } = desk(1);
    inHand.take([
      command('venue_account.activate', 'a'),
      command('venue_account.activate', 'b'),
      command('copy.pause', 'x'),
      command('copy.stop', 'y'),
    ]);
    expect(await seen()).toEqual(['begin a', 'begin x', 'begin y']);
    end('a');
    expect(await seen()).toEqual(['end a', 'begin b']);
  });

  it('let a stop of many begin at once and end behind everything before it', async () => {
    const { inHand, seen, end } = desk();
    inHand.take([command('copy.activate', 'x', ['a']), command('follower.close_all', 'f'), command('copy.settings', 'y')]);
    expect(await seen()).toEqual(['begin f', 'begin x']);
    end('x');
    expect(await seen()).toEqual(['end x', 'goes on f']);
    end('f');
    expect(await seen()).toEqual(['end f', 'begin y']);
  });

  it('fail with what they wait for, stay until they are let go of, and are then taken again in their order', async () => {
    const { inHand, seen, fail, end } = desk();
    const [first, second, other] = [command('copy.pause', 'x'), command('copy.resume', 'x'), command('copy.pause', 'y')];
    inHand.take([first, second, other]);
    expect(await seen()).toEqual(['begin x', 'begin y']);
    fail('x');
    expect(await seen()).toEqual([]);
    // A later command on the same object does not overtake what is going to be tried again.
    inHand.take([command('copy.stop', 'x')]);
    expect(await seen()).toEqual([]);
    expect([inHand.forgetFailed(), inHand.forgetFailed()]).toEqual([first.no, null]);
    expect([...inHand.numbers()]).toEqual([other.no]);
    inHand.take([first, second]);
    expect(await seen()).toEqual(['begin x']);
    end('x');
    expect(await seen()).toEqual(['end x', 'begin x']);
  });

  it('begin no more once closed', async () => {
    const { inHand, seen, end } = desk();
    inHand.take([command('copy.settings', 'x'), command('copy.allocation', 'x')]);
    expect(await seen()).toEqual(['begin x']);
    const closed = inHand.close();
    end('x');
    await closed;
    expect(await seen()).toEqual(['end x']);
  });

  it('that are to be carried out again leave their place meanwhile, and what waits for them waits on', async () => {
    const { inHand, seen, end, later, wait } = desk(1);
    inHand.take([command('venue_account.activate', 'a'), command('copy.activate', 'x', ['a']), command('venue_account.activate', 'b')]);
    expect(await seen()).toEqual(['begin a']);
    later('a');
    expect(await seen()).toEqual(['a later', 'begin b']);
    end('b');
    expect(await seen()).toEqual(['end b']);
    expect(wait()).toEqual([AGAIN_MS]);
    expect(await seen()).toEqual(['begin a for the 2. time']);
    end('a');
    expect(await seen()).toEqual(['end a', 'begin x']);
  });

  it('that step aside hold up nothing that comes after them, whether it was there before or not, and are in hand until they end', async () => {
    const { inHand, seen, end, later, wait } = desk(1);
    const first = command('copy.activate', 'x', []);
    inHand.take([first, command('copy.settings', 'x')]);
    expect([await seen(), inHand.size]).toEqual([['begin x'], 2]);
    later('x', true);
    expect([await seen(), inHand.size]).toEqual([['x later', 'begin x'], 1]);
    end('x');
    await seen();
    expect(inHand.size).toBe(0);
    inHand.take([command('copy.stop', 'x'), command('fees.changed', 'f')]);
    expect(await seen()).toEqual(['begin x']);
    end('x');
    expect(await seen()).toEqual(['end x', 'begin f']);
    end('f');
    await seen();
    expect([...inHand.numbers()]).toEqual([first.no]);
    wait();
    expect(await seen()).toEqual(['begin x for the 2. time']);
    end('x');
    await seen();
    expect(inHand.size).toBe(0);
  });

  it('that stepped aside and fail keep nothing else from ending, and are taken again', async () => {
    const { inHand, seen, end, later, fail, wait } = desk();
    const first = command('copy.activate', 'x', []);
    inHand.take([first, command('copy.settings', 'x')]);
    await seen();
    later('x', true);
    await seen();
    end('x');
    await seen();
    wait();
    await seen();
    fail('x');
    await seen();
    inHand.take([command('copy.pause', 'x')]);
    expect(await seen()).toEqual(['begin x']);
    end('x');
    await seen();
    expect([inHand.forgetFailed(), inHand.size]).toEqual([first.no, 0]);
    inHand.take([first]);
    expect(inHand.size).toBe(1);
  });

  it('that wait to be carried out again hold up no close', async () => {
    const { inHand, seen, later } = desk();
    inHand.take([command('venue_account.activate', 'a')]);
    await seen();
    later('a');
    await seen();
    await inHand.close();
    expect(await seen()).toEqual([]);
  });
});
