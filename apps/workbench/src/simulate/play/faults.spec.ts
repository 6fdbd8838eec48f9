import { type Message, type ScenarioFault, SeededRandom, SMOOTH } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { FaultSwitches } from './faults';

const ORDER: Message = { kind: 'order', clientOrderId: '0x01' };
const ACTION: Message = { kind: 'action', about: 'noop' };
const READ: Message = { kind: 'read', about: 'fills' };
const FILLS: Message = { kind: 'event', about: 'fills' };
const STATE: Message = { kind: 'event', about: 'state' };

const SEED = 5;
const switches = (...faults: readonly ScenarioFault[]): FaultSwitches => {
  const made = new FaultSwitches(new SeededRandom(SEED));
  faults.forEach((fault, no) => {
    made.begin(no, fault);
  });
  return made;
};
const always = (kind: Extract<ScenarioFault, { boundary: 'venue'; oneIn: number }>['kind']): ScenarioFault =>
  kind === 'slow_request' || kind === 'slow_answer' ? { boundary: 'venue', kind, oneIn: 1, byMs: 700 } : { boundary: 'venue', kind, oneIn: 1 };

describe('faults between engine and venue', () => {
  it.each([
    ['request_lost', [{ thereMs: null }, { thereMs: null }, { thereMs: null }, {}]],
    ['answer_lost', [{ backMs: null }, { backMs: null }, { backMs: null }, {}]],
    ['request_twice', [{ twice: true }, { twice: true }, {}, {}]],
    ['refused_429', [{ unsent: true }, { unsent: true }, { unsent: true }, {}]],
    ['read_failing', [{}, {}, { thereMs: null }, {}]],
    ['stream_duplicate', [{}, {}, {}, { twice: true }]],
    ['slow_request', [{ thereMs: 700 }, { thereMs: 700 }, { thereMs: 700 }, {}]],
    ['slow_answer', [{ backMs: 700 }, { backMs: 700 }, { backMs: 700 }, {}]],
  ] as const)('%s does to orders, actions, reads and fills told what it says', (kind, expected) => {
    const { link } = switches(always(kind));
    expect([ORDER, ACTION, READ, FILLS].map((message) => link.passage(message))).toEqual(expected.map((change) => ({ ...SMOOTH, ...change })));
  });

  it('missed_unread loses what was missed of addresses and nothing else', () => {
    const { link } = switches(always('missed_unread'));
    expect(link.passage({ kind: 'read', about: 'sync' })).toEqual({ ...SMOOTH, thereMs: null });
    for (const message of [ORDER, ACTION, READ, FILLS, STATE]) expect(link.passage(message)).toEqual(SMOOTH);
  });

  it('server_error loses the request or the answer, one of both', () => {
    const { link } = switches(always('server_error'));
    const ends = Array.from({ length: 200 }, () => link.passage(ORDER)).map(({ thereMs, backMs }) => `${thereMs}/${backMs}`);
    expect(new Set(ends)).toEqual(new Set(['null/0', '0/null']));
    expect(link.passage(FILLS)).toEqual(SMOOTH);
  });

  it('stream_disorder lets states overtake, fills never', () => {
    const { link } = switches(always('stream_disorder'));
    const ways = Array.from({ length: 100 }, () => link.passage(STATE).backMs ?? -1);
    expect(new Set(ways).size).toBeGreaterThan(20);
    expect(Math.min(...ways)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ways)).toBeLessThan(500);
    expect(link.passage(FILLS)).toEqual(SMOOTH);
  });

  it('a lost request stays lost however slow others make it', () => {
    const { link } = switches(always('request_lost'), always('slow_request'), always('slow_answer'));
    expect(link.passage(ORDER)).toEqual({ ...SMOOTH, thereMs: null, backMs: 700 });
  });

  it('happen to about one message in as many as told, the same ones for the same seed', () => {
    const hit = (): boolean[] => {
      const { link } = switches({ boundary: 'venue', kind: 'request_lost', oneIn: 4 });
      return Array.from({ length: 2_000 }, () => link.passage(ORDER).thereMs === null);
    };
    const lost = hit();
    const count = lost.filter(Boolean).length;
    expect(count, `seed ${SEED}`).toBeGreaterThan(400);
    expect(count, `seed ${SEED}`).toBeLessThan(600);
    expect(hit()).toEqual(lost);
  });

  it.each([
    ['users', [true, false]],
    ['marks', [false, true]],
    ['all', [true, true]],
  ] as const)('cut and silence streams of %s for their whole window', (of, expected) => {
    const made = switches({ boundary: 'venue', kind: 'stream_dropped', of });
    const down = () => [made.link.streamsDown('users'), made.link.streamsDown('marks')];
    const silent = () => [made.link.streamsSilent('users'), made.link.streamsSilent('marks')];
    expect([down(), silent()]).toEqual([expected, [false, false]]);
    made.end(0);
    made.begin(1, { boundary: 'venue', kind: 'stream_silent', of });
    expect([down(), silent()]).toEqual([[false, false], expected]);
  });
});

describe('faults of the database and of wake-ups', () => {
  it('leave a transaction alone that they are not about', () => {
    expect(switches(always('request_lost'), { boundary: 'wake_ups', kind: 'lost', oneIn: 1 }).transaction()).toEqual({
      delayMs: 0,
      down: false,
      lost: null,
    });
  });

  it('add up: slow twice, and down', () => {
    const slow = (byMs: number): ScenarioFault => ({ boundary: 'database', kind: 'slow', byMs });
    expect(switches(slow(200), slow(50), { boundary: 'database', kind: 'down' }).transaction()).toEqual({ delayMs: 250, down: true, lost: null });
  });

  it('commit_unknown leaves what was written standing, or undone', () => {
    const made = switches({ boundary: 'database', kind: 'commit_unknown', oneIn: 1 });
    expect(new Set(Array.from({ length: 100 }, () => made.transaction().lost))).toEqual(new Set(['stands', 'undone']));
  });

  it('lose wake-ups, and nothing else does', () => {
    expect(switches({ boundary: 'wake_ups', kind: 'lost', oneIn: 1 }).wakeUpLost()).toBe(true);
    expect(switches(always('request_lost'), { boundary: 'database', kind: 'down' }).wakeUpLost()).toBe(false);
  });

  it('are over when they end, and calm is when all have', () => {
    const made = switches(always('request_lost'), { boundary: 'database', kind: 'down' });
    expect(made.calm).toBe(false);
    made.end(0);
    expect([made.link.passage(ORDER), made.transaction().down, made.calm]).toEqual([SMOOTH, true, false]);
    made.end(1);
    expect([made.transaction().down, made.calm]).toEqual([false, true]);
  });
});
