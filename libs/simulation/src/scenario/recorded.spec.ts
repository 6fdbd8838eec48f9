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
      value: [{ time: 5, coin: 'MET', buys, closes, usd: 10, price: 50_000_000n, size: 2_000_000_000n }],
    });
  });

  it('reads sizes with the noise of binary fractions', () => {
    const parsed = parseRecordedTrades(`${HEADER}\n5,UNI,Open Long,7.7906,614.6000000000022,10.4,0.1,0\n`);
    expect(parsed.ok ? parsed.value[0]?.size : parsed.error).toBe(61_460_000_000n);
  });

  it.each([
    ['another header', 'time,coin\n', 'line 1'],
    ['a word nobody knows', `${HEADER}\n5,MET,Sideways,0.5,20,10,0.1,0\n`, 'line 2'],
    ['a time going back', `${HEADER}\n5,MET,Open Long,0.5,20,10,0.1,0\n4,MET,Open Long,0.5,20,10,0.1,0\n`, 'line 3'],
    ['a notional that is none', `${HEADER}\n5,MET,Open Long,0.5,20,x,0.1,0\n`, 'line 2'],
    ['a price that is none', `${HEADER}\n5,MET,Open Long,0,20,10,0.1,0\n`, 'line 2'],
    ['nothing', `${HEADER}\n`, 'no fills'],
  ])('refuses %s, naming the line', (_what, text, named) => {
    const parsed = parseRecordedTrades(text);
    expect(parsed.ok ? '' : parsed.error).toContain(named);
  });
});
