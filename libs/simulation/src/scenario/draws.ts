import { must, present } from '@lockstep/kernel';
import { seededChance } from '../makers/chance';

/** Decisions of a script in whole numbers, each subject from a stream of its own, so that one that draws more moves none of the others. */
export interface Draws {
  below(below: number): number;
  /** Both ends included. */
  between(least: number, most: number): number;
  /** As `between`, nearer to the least more often than not: small things are the rule. */
  skewed(least: number, most: number): number;
  oneIn(many: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One of the values, by its share. */
  weighted<T>(rows: readonly (readonly [share: number, value: T])[]): T;
  /** The elements in a drawn order. */
  shuffled<T>(list: readonly T[]): T[];
}

/** Halvings of the range a skewed draw may take. */
const SKEW_STEPS = 4;

export function draws(seed: number, label: string): Draws {
  const chance = seededChance(seed, label);
  const below = (most: number): number => chance.below(most);
  const between = (least: number, most: number): number => least + below(most - least + 1);
  const pick = <T>(list: readonly T[]): T => {
    must(list.length > 0, `something of ${label} can be picked`);
    return present(list[below(list.length)], `an element of ${label}`);
  };
  return {
    below,
    between,
    pick,
    skewed: (least, most) => between(least, least + Math.floor((most - least) / 2 ** below(SKEW_STEPS))),
    oneIn: (many) => below(many) === 0,
    weighted: (rows) => {
      let left = below(rows.reduce((sum, [share]) => sum + share, 0));
      const found = rows.find(([share]) => {
        left -= share;
        return left < 0;
      });
      must(found !== undefined, `shares of ${label} cover every draw`);
      return found[1];
    },
    shuffled: (list) => {
      const left = [...list];
      return list.map(() => present(left.splice(below(left.length), 1)[0], `an element of ${label}`));
    },
  };
}
