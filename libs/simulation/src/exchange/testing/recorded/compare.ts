import { describe, expect, it } from 'vitest';
import type { Json } from '../../port';
import { DIFFERENCES, type Difference } from './differences';
import type { Sample } from './samples';
import { type Deviation, deviations, shapeOf } from './shape';

/** Our answer to what a sample answers. */
export type Answerer = (sample: Sample) => Json;

const covers = ({ path, is, samples }: Difference, deviation: Deviation, name: string): boolean =>
  is === deviation.is && path.test(deviation.path) && (samples === undefined || samples.test(name));

/**
 * Declares one test per sample: ours has the recorded keys, types and forms of text but for the named differences. A sample of a type without an answer fails, and so
 * does an answer without samples and a named difference of these types that no sample shows.
 */
export function compareAll(subject: string, samples: readonly Sample[], answers: { readonly [type: string]: Answerer }): void {
  const used = new Set<Difference>();
  const unexplained = (sample: Sample, ours: Json): readonly string[] =>
    deviations(shapeOf(sample.type, ours), shapeOf(sample.type, sample.body)).flatMap((deviation) => {
      const reasons = DIFFERENCES.filter((difference) => covers(difference, deviation, sample.name));
      for (const reason of reasons) used.add(reason);
      return reasons.length > 0 ? [] : [`${deviation.is}: ${deviation.path} (${deviation.detail})`];
    });

  describe(`${subject} as recorded`, () => {
    for (const sample of samples)
      it(`${sample.name} ${sample.type}`, () => {
        const answer = answers[sample.type];
        expect(answer, `no answer for ${sample.type}`).toBeTypeOf('function');
        expect(unexplained(sample, answer?.(sample) ?? null)).toEqual([]);
      });

    it('every answer was compared, and every named difference was seen', () => {
      const types = new Set(samples.map(({ type }) => type));
      expect(Object.keys(answers).filter((type) => !types.has(type))).toEqual([]);
      const ofThese = DIFFERENCES.filter(({ path }) => [...types].some((type) => path.source.startsWith(`^${type.replace('/', '\\/')}`)));
      expect(ofThese.filter((difference) => !used.has(difference)).map(({ path, is }) => `${is} ${path.source}`)).toEqual([]);
    });
  });
}
