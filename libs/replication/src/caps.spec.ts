import { describe, expect, it } from 'vitest';
import { CAP_COUNT } from './cap-count';
import { capLots } from './caps';
import { entryOf, Stage, settingsOf } from './testing/book-builder';

describe('the caps of a copy', () => {
  it('are all written, whatever stood in their column before', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const price = stage.sheet.mark;
    const [first, again] = [new Float64Array(CAP_COUNT).fill(Number.NaN), new Float64Array(CAP_COUNT).fill(-7)];
    for (const into of [first, again]) capLots(stage.book, stage.sheet, 0, true, price, into);
    expect([...first].filter((lots) => !(lots >= 0))).toEqual([]);
    expect([...again]).toEqual([...first]);
  });
});
