import { describe, expect, it } from 'vitest';
import { Answer, NotModified } from './answer';
import { ProblemException } from './problem-exception';
import { type RevisionOf, staleRefusal, taggedAnswer, tagOf } from './tags';

interface Thing {
  readonly name: string;
  readonly equity: string;
}
const revision: RevisionOf<Thing> = ({ name }) => name;
const thing: Thing = { name: 'one', equity: '100' };
const tag = tagOf(thing, revision);
const call = (headers: Readonly<Record<string, string>>) => ({ headers });

describe('an entity tag', () => {
  it('is another one for every change of the body, and has the same first part while only the engine wrote', () => {
    const worth = tagOf({ ...thing, equity: '101' }, revision);
    const renamed = tagOf({ ...thing, name: 'two' }, revision);
    expect(new Set([tag, worth, renamed]).size).toBe(3);
    expect(worth.split('-')[0]).toBe(tag.split('-')[0]);
    expect(renamed.split('-')[0]).not.toBe(tag.split('-')[0]);
  });
});

describe('a read', () => {
  it('gives the body with its tag, or nothing where the caller has it', () => {
    const whole = taggedAnswer(call({}), thing, revision);
    expect(whole).toBeInstanceOf(Answer);
    expect(whole.headers.ETag).toBe(tag);
    for (const known of [tag, `W/${tag}`, `"x" , ${tag}`, '*'])
      expect(taggedAnswer(call({ 'if-none-match': known }), thing, revision)).toBeInstanceOf(NotModified);
    const other = tagOf({ ...thing, equity: '101' }, revision);
    expect(taggedAnswer(call({ 'if-none-match': other }), thing, revision)).toBeInstanceOf(Answer);
  });
});

describe('a change', () => {
  const stale = (condition: string | null, standing: Thing = thing) =>
    staleRefusal(condition === null ? call({}) : call({ 'if-match': condition }), () => standing, revision);

  it('is made without a condition, under `*`, and where only the engine wrote meanwhile', async () => {
    for (const condition of [null, '*', tag, `"x", ${tag}`]) expect(await stale(condition)).toBeNull();
    expect(await stale(tag, { ...thing, equity: '7' })).toBeNull();
  });

  it('is refused where another came first, under weak tags and foreign ones, with the tag there is now', async () => {
    const now = { ...thing, name: 'two' };
    expect(await stale(tag, now)).toMatchObject({ code: 'precondition_failed', headers: { ETag: tagOf(now, revision) } });
    for (const foreign of [`W/${tag}`, '"x"', '""', '"a,b" , W/","']) expect(await stale(foreign)).toMatchObject({ code: 'precondition_failed' });
  });

  it.each(['', 'x', '"x', 'w/"x"', '"a""b"', '"a",', '*,*', '"a b"', `${'"a",'.repeat(101)}"a"`])('is not asked for under %j', async (malformed) => {
    await expect(stale(malformed)).rejects.toThrow(ProblemException);
  });
});
