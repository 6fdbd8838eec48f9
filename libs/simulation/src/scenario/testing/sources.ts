import { unwrap } from '@lockstep/kernel';
import { parseCandles } from '../../makers/candles';
import { parseRecordedTrades } from '../recorded';
import type { ScenarioSources } from '../scenario';

const MINUTE_MS = 60_000;
const CANDLES = 60;

/** A candle set with a fall in its middle. */
const candles = (): string => {
  const rows = Array.from({ length: CANDLES }, (_, nth) => {
    const open = nth < CANDLES / 2 ? 1_000 + nth : 1_100 - 4 * nth;
    return `${(nth + 1) * MINUTE_MS},${open},${open + 6},${open - 5},${open + 2}`;
  });
  return `t,o,h,l,c\n${rows.join('\n')}\n`;
};

/** A leader that opens in pieces, reduces, closes and turns. */
const fills = `t,coin,dir,px,sz,ntl
1762962841000,MET,Open Short,0.47,2000,940.2
1762962841000,MET,Open Short,0.47,4000,1880.4
1762962853000,MET,Close Short,0.46,1000,460
1762962860000,BTC,Open Long,66000,0.5,33000
1762962890000,MET,Close Short,0.46,5000,2300
1762962891000,BTC,Close Long,66100,0.2,13220
1762962899000,BTC,Long > Short,66100,0.6,39660
`;

/** Small sources of every sort. */
export const RECORDED_SOURCES: ScenarioSources = {
  crashPoints: ['planned_approved', 'journaled_all_scopes', 'answered_all'],
  candles: [{ coin: 'BTC', candles: unwrap(parseCandles(candles()), 'candles') }],
  recorded: unwrap(parseRecordedTrades(fills), 'fills'),
};
