import { describe, expect, it } from 'vitest';
import { parseRecordedTrades } from './recorded';

const HEADER = 't,coin,dir,px,sz,ntl,fee,closedPnl';

describe('a recorded leader', () => {
  it.each([
    ['Open Long', true, false],
    ['Open Short', false, false],
    ['Close Long', false, true],
    ['Close Short', true, true],
    ['Long > Short', false, false],
    ['Short > Long', true, false],
    ['Close Short (Price Improved)', true, true],
  ])('%s: buys %s, closes %s', (dir, buys, closes) => {
    expect(parseRecordedTrades(`${HEADER}\n5,MET,${dir},0.5,20,10.4,0.1,0\n`)).toEqual({
      ok: true,
      value: [{ time: 5, coin: 'MET', buys, closes, usd: 10 }],
    });
  });

  it.each([
    ['another header', 'time,coin\n', 'line 1'],
    ['a word nobody knows', `${HEADER}\n5,MET,Sideways,0.5,20,10,0.1,0\n`, 'line 2'],
    ['a time going back', `${HEADER}\n5,MET,Open Long,0.5,20,10,0.1,0\n4,MET,Open Long,0.5,20,10,0.1,0\n`, 'line 3'],
    ['a notional that is none', `${HEADER}\n5,MET,Open Long,0.5,20,x,0.1,0\n`, 'line 2'],
    ['nothing', `${HEADER}\n`, 'no fills'],
  ])('refuses %s, naming the line', (_what, text, named) => {
    const parsed = parseRecordedTrades(text);
    expect(parsed.ok ? '' : parsed.error).toContain(named);
  });
});
