import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { AskedTogether } from './asked-together';

/** Questions that are answered when told, by what is true at that moment. */
function asker(namesMax = 10, questionsMax = 1) {
  const truth = new Map<string, string>();
  const questions: { readonly names: readonly string[]; readonly answer: () => Promise<void>; readonly fail: (error: Error) => Promise<void> }[] = [];
  const asked = new AskedTogether<string>(
    (names) =>
      new Promise((resolve, reject) => {
        const end = async (act: () => void): Promise<void> => {
          act();
          await turn();
        };
        // What the question reads is read when it is asked.
        const read = new Map(truth);
        questions.push({ names, answer: () => end(() => resolve(read)), fail: (error) => end(() => reject(error)) });
      }),
    { namesMax, questionsMax },
  );
  return { truth, questions, asked };
}

/** Everything that was ready to run has run: questions leave behind it. */
const left = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

describe('what is asked together', () => {
  it('is one question of a turn; whoever comes while it is under way is part of the next', async () => {
    const { truth, questions, asked } = asker();
    truth.set('a', '1').set('b', '2');
    const first = [asked.find('a'), asked.find('b')];
    expect(questions).toEqual([]);
    await left();
    const later = [asked.find('b'), asked.find('a'), asked.find('b'), asked.find('none')];
    await left();
    expect(questions.map(({ names }) => names)).toEqual([['a', 'b']]);
    await questions[0]?.answer();
    expect(questions.map(({ names }) => names)).toEqual([
      ['a', 'b'],
      ['b', 'a', 'none'],
    ]);
    await questions[1]?.answer();
    expect(await Promise.all([...first, ...later])).toEqual(['1', '2', '2', '1', '2', null]);
  });

  it('is as many questions at once as may be', async () => {
    const { truth, questions, asked } = asker(10, 2);
    for (const name of ['a', 'b', 'c', 'd']) truth.set(name, name.toUpperCase());
    const found: Promise<string | null>[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      found.push(asked.find(name));
      await left();
    }
    expect(questions.map(({ names }) => names)).toEqual([['a'], ['b']]);
    await questions[1]?.answer();
    expect(questions.map(({ names }) => names)).toEqual([['a'], ['b'], ['c', 'd']]);
    await questions[0]?.answer();
    await questions[2]?.answer();
    expect(await Promise.all(found)).toEqual(['A', 'B', 'C', 'D']);
  });

  it('tells nobody what was so before they came', async () => {
    const { truth, questions, asked } = asker();
    truth.set('key', 'active');
    const before = asked.find('key');
    await left();
    truth.set('key', 'revoked');
    const after = asked.find('key');
    await questions[0]?.answer();
    await questions[1]?.answer();
    expect([await before, await after]).toEqual(['active', 'revoked']);
  });

  it('fails those alone whose question failed', async () => {
    const { truth, questions, asked } = asker();
    truth.set('b', '2');
    const first = asked.find('a').catch((error: unknown) => error);
    await left();
    const second = asked.find('b');
    const away = new Error('away');
    await questions[0]?.fail(away);
    await questions[1]?.answer();
    expect([await first, await second]).toEqual([away, '2']);
  });

  it('goes on without a question whose answer does not come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { truth, questions, asked } = asker();
      truth.set('b', '2');
      void asked.find('a');
      await left();
      const later = asked.find('b');
      await left();
      expect(questions).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(250);
      await left();
      await questions[1]?.answer();
      expect(await later).toBe('2');
    } finally {
      vi.useRealTimers();
    }
  });

  it('bounds each question', async () => {
    const { questions, asked } = asker(2);
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => asked.find(name));
    await left();
    for (let no = 0; no < 3; no += 1) await questions[no]?.answer();
    await Promise.all(all);
    expect(questions.map(({ names }) => names)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });
});
