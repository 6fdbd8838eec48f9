import { describe, expect, it } from 'vitest';
import type { RawTrade } from '../wire/trades';
import { CoinTape } from './coin-tape';

const trade = (time: number, tid: number): RawTrade => ({ coin: 'BTC', time, tid, buyer: '0xa', seller: '0xb', px: '1', sz: '1', side: 'B' });
/** Trades `1.1 1.2 2.3`: time and id. */
const trades = (text: string): RawTrade[] =>
  text.split(' ').map((word) => {
    const [time = 0, tid = 0] = word.split('.').map(Number);
    return trade(time, tid);
  });

/** Plays frames `link: trades` and cuts `link: down`; what each gave, an exclamation mark where trades may be lost. */
function played(script: readonly string[]): string[] {
  const tape = new CoinTape();
  return script.map((line) => {
    const [link = '0', text = ''] = line.split(': ');
    const { fresh, lost } = text === 'down' ? tape.down(Number(link)) : tape.take(Number(link), trades(text));
    return `${fresh.map(({ time, tid }) => `${time}.${tid}`).join(' ')}${lost ? '!' : ''}`;
  });
}

describe('the tape of one coin', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['the first frame ever may have followed others', ['0: 1.1 1.2'], ['1.1 1.2!']],
    [
      'each trade passes once, whichever connection tells it first',
      ['0: 1.1', '1: 1.1', '1: 2.2', '0: 2.2 2.3', '1: 2.3'],
      ['1.1!', '', '2.2', '2.3', ''],
    ],
    [
      'one connection comes back while the other one went on: nothing is lost',
      ['0: 1.1', '1: 1.1', '0: down', '1: 2.2', '0: 2.2 3.3'],
      ['1.1!', '', '', '2.2', '3.3'],
    ],
    [
      'a connection that came back ahead of the other one waits for it',
      ['0: 1.1', '1: 1.1', '0: down', '0: 4.4 5.5', '1: 2.2', '1: 4.4'],
      ['1.1!', '', '', '', '2.2', '4.4 5.5'],
    ],
    ['it comes back alone with trades from before: nothing is lost', ['0: 1.1 1.2', '0: down', '0: 1.2 2.3'], ['1.1 1.2!', '', '2.3']],
    ['it comes back alone and later: trades may be lost', ['0: 1.1', '0: down', '0: 3.3'], ['1.1!', '', '3.3!']],
    ['it comes back in the middle of the block it left: trades may be lost', ['0: 1.1', '0: down', '0: 1.3 2.4'], ['1.1!', '', '1.3 2.4!']],
    ['what waited passes when the other one is cut', ['0: 1.1', '1: 1.1', '0: down', '0: 4.4', '1: down'], ['1.1!', '', '', '', '4.4!']],
    ['a repeated frame is nothing new', ['0: 1.1 2.2', '0: 1.1 2.2'], ['1.1 2.2!', '']],
    ['a trade that was overtaken by a newer block is not passed, and said', ['0: 1.1', '0: 3.3', '0: 2.2'], ['1.1!', '3.3', '!']],
  ])('%s', (_name, script, expected) => {
    expect(played(script)).toEqual(expected);
  });

  it('remembers a bounded number of trades and still knows the newest block', () => {
    const tape = new CoinTape();
    for (let time = 1; time <= 5_000; time += 1) tape.take(0, [trade(time, time)]);
    expect(tape.take(0, [trade(5_000, 5_000), trade(5_000, 5_001)])).toEqual({ fresh: [trade(5_000, 5_001)], lost: false });
    expect(tape.take(0, [trade(2, 2)])).toEqual({ fresh: [], lost: false });
  });
});
