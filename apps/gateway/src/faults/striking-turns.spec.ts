import { makeId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { StrikingTurns } from './striking-turns';

const scopeOf = (no: number) => ({ tenantId: makeId('tenant', no, new Uint8Array(10)) });

/** Work that ends when it is told, and how much of it was begun and is under way. */
function rig(limits: ConstructorParameters<typeof StrikingTurns>[0]) {
  const turns = new StrikingTurns(limits);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (scope: number, name: string, fails = false) =>
    turns.run(scopeOf(scope), async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (fails) throw new Error(name);
      return name;
    });
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, begun, endOne };
}

describe('strikes of faults', () => {
  it('of one scope come one by one, in their order, also behind one that failed', async () => {
    const { ask, begun, endOne } = rig({ atOnceMax: 4, waitingMax: 10 });
    const asked = [ask(1, 'a', true), ask(1, 'b'), ask(1, 'c')].map((one) => one.catch((error: Error) => `failed ${error.message}`));
    expect(begun).toEqual(['a']);
    await endOne();
    expect(begun).toEqual(['a', 'b']);
    await endOne();
    await endOne();
    expect(await Promise.all(asked)).toEqual(['failed a', 'b', 'c']);
    const later = ask(1, 'd');
    expect(begun.at(-1)).toBe('d');
    await endOne();
    expect(await later).toBe('d');
  });

  it('of many scopes are few at once, and each gets its turn', async () => {
    const { ask, begun, endOne } = rig({ atOnceMax: 2, waitingMax: 10 });
    const asked = [1, 2, 3, 4].map((scope) => ask(scope, `of ${scope}`));
    expect(begun).toEqual(['of 1', 'of 2']);
    for (const [no, ended] of [3, 4, 4, 4].entries()) {
      await endOne();
      expect([no, begun.length]).toEqual([no, ended]);
    }
    expect(await Promise.all(asked)).toEqual(['of 1', 'of 2', 'of 3', 'of 4']);
  });

  it('beyond the bound are not made, and say so at once', async () => {
    const { ask, begun, endOne } = rig({ atOnceMax: 2, waitingMax: 1 });
    const [first, second] = [ask(1, 'a'), ask(1, 'b')];
    expect(await ask(1, 'c')).toBeNull();
    const other = ask(2, 'other');
    expect(begun).toEqual(['a', 'other']);
    for (let no = 0; no < 3; no += 1) await endOne();
    expect(await Promise.all([first, second, other])).toEqual(['a', 'b', 'other']);
  });
});
