import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Places } from './places';

describe('places', () => {
  const settled = (): Promise<void> => new Promise(setImmediate);

  it('are taken by as many as there are, of one owner by fewer, and in turn as they come back', async () => {
    const places = new Places({ places: 3, perOwnerMax: 2, waitMaxMs: 60_000 });
    const has: string[] = [];
    const take = (owner: string, name: string): void => void places.take(owner).then((took) => took && has.push(name));
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']) take(name.slice(0, 1), name);
    await settled();
    expect(has).toEqual(['a1', 'a2', 'b1']);
    places.giveBack('a');
    await settled();
    places.giveBack('b');
    await settled();
    expect(has).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('are not waited for longer than the bound, and whoever gave up takes none', async () => {
    const places = new Places({ places: 1, perOwnerMax: 1, waitMaxMs: 20 });
    expect(await places.take('a')).toBe(true);
    expect(await places.take('b')).toBe(false);
    places.giveBack('a');
    expect(await places.take('b')).toBe(true);
  });

  it('are never held by more than there are, nor by one owner beyond its share, and none is lost', async () => {
    const step = fc.record({ owner: fc.constantFrom('a', 'b', 'c'), gives: fc.boolean() });
    const drawn = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(drawn, async ([many, perOwnerMax, steps]) => {
        const places = new Places({ places: many, perOwnerMax, waitMaxMs: 60_000 });
        const held: string[] = [];
        let waiting = 0;
        for (const { owner, gives } of steps) {
          const at = held.indexOf(owner);
          if (gives && at >= 0) {
            held.splice(at, 1);
            places.giveBack(owner);
          } else if (!gives) {
            waiting += 1;
            void places.take(owner).then(() => {
              waiting -= 1;
              held.push(owner);
            });
          }
          await settled();
          expect(held.length).toBeLessThanOrEqual(many);
          for (const each of ['a', 'b', 'c']) expect(held.filter((of) => of === each).length).toBeLessThanOrEqual(perOwnerMax);
        }
        for (let owner = held.pop(); owner !== undefined; owner = held.pop()) {
          places.giveBack(owner);
          await settled();
        }
        expect(waiting).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
