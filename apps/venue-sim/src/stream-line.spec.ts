import { describe, expect, it } from 'vitest';
import type { FaultEffect } from './faults';
import { createStreamLine, LATE_MAX_FRAMES, OVERTAKEN_MAX_MS, type StreamLine } from './stream-line';

interface Rig {
  readonly line: StreamLine;
  readonly said: string[];
  readonly hungUp: () => number;
  pass(ms: number): void;
}

function rig(): Rig {
  const said: string[] = [];
  let now = 0;
  let hungUp = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const line = createStreamLine({
    say: (text) => said.push(text),
    hangUp: () => {
      hungUp += 1;
    },
    clock: { monotonic: () => now },
    later: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  });
  const pass = (ms: number): void => {
    const until = now + ms;
    for (;;) {
      const next = timers.filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)[0];
      if (next === undefined) break;
      timers = timers.filter((each) => each !== next);
      now = Math.max(now, next.at);
      next.run();
    }
    now = until;
  };
  return { line, said, hungUp: () => hungUp, pass };
}

const push = ({ line }: Rig, frames: readonly (string | readonly [string, FaultEffect])[], channel = 'trades'): void => {
  for (const frame of frames) {
    if (typeof frame === 'string') line.push(channel, frame, null);
    else line.push(channel, frame[0], frame[1]);
  }
};
const late = (delayMs: number): FaultEffect => ({ kind: 'delay', delayMs });
const overtaken = (frames: number): FaultEffect => ({ kind: 'reorder', frames });

describe('frames of a stream', () => {
  it.each<[string, Parameters<typeof push>[1], string]>([
    ['pass at once', ['a', 'b'], 'ab'],
    ['are lost', ['a', ['b', { kind: 'silence' }], 'c'], 'ac'],
    ['are sent twice', ['a', ['b', { kind: 'duplicate' }], 'c'], 'abbc'],
    ['are overtaken by one', [['a', overtaken(1)], 'b', 'c'], 'bac'],
    ['are overtaken by two', [['a', overtaken(2)], 'b', 'c', 'd'], 'bcad'],
    ['are overtaken side by side', [['a', overtaken(1)], ['b', overtaken(1)], 'c', 'd'], 'cabd'],
  ])('%s', (_what, frames, said) => {
    const stage = rig();
    push(stage, frames);
    expect(stage.said.join('')).toBe(said);
  });

  it('come late in their order, and hold back those of their channel alone', () => {
    const stage = rig();
    push(stage, ['a', ['b', late(100)], 'c', ['d', late(50)], 'e']);
    push(stage, ['x'], 'bbo');
    expect(stage.said.join('')).toBe('ax');
    stage.pass(99);
    expect(stage.said.join('')).toBe('ax');
    stage.pass(1);
    expect(stage.said.join('')).toBe('axbcde');
    push(stage, ['f']);
    expect(stage.said.join('')).toBe('axbcdef');
  });

  it('do not fall behind further and further where each is late', () => {
    const stage = rig();
    for (const text of 'abcdef') {
      push(stage, [[text, late(100)]]);
      stage.pass(10);
    }
    expect(stage.said.join('')).toBe('');
    stage.pass(40);
    expect(stage.said.join('')).toBe('a');
    stage.pass(50);
    expect(stage.said.join('')).toBe('abcdef');
  });

  it('come in the end where nothing overtakes them', () => {
    const stage = rig();
    push(stage, [['a', overtaken(3)]]);
    stage.pass(OVERTAKEN_MAX_MS - 1);
    expect(stage.said).toEqual([]);
    stage.pass(1);
    push(stage, ['b', 'c', 'd']);
    expect(stage.said.join('')).toBe('abcd');
  });

  it('end the connection: asked to, and where too many wait', () => {
    const stage = rig();
    push(stage, [['a', { kind: 'hang_up' }]]);
    expect(stage.hungUp()).toBe(1);
    push(stage, [['b', late(1_000)], ...new Array<string>(LATE_MAX_FRAMES).fill('c')]);
    expect(stage.hungUp()).toBe(2);
  });

  it('are dropped when the connection closes', () => {
    const stage = rig();
    push(stage, [
      ['a', late(10)],
      ['b', overtaken(1)],
    ]);
    stage.line.close();
    stage.pass(OVERTAKEN_MAX_MS);
    expect(stage.said).toEqual([]);
  });
});
