import { money, price, size } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { bookFill, CopyLedger, NOTHING_BOOKED } from './copy-ledger';
import { NO_INTENT } from './intent';

const UNIT = 100_000_000n;
const at = (dollars: bigint) => price(dollars * UNIT);
const units = (count: bigint) => size(count * UNIT);

describe('the booked position of a copy', () => {
  it('counts an episode per departure from flat, a flip included', () => {
    const opened = bookFill(NOTHING_BOOKED, units(2n), at(100n), money(5n)).after;
    const added = bookFill(opened, units(1n), at(130n), money(5n)).after;
    const flipped = bookFill(added, units(-5n), at(120n), money(5n));
    expect([opened.episodeNo, added.episodeNo, flipped.after.episodeNo]).toEqual([1n, 1n, 2n]);
    // 2 at 100 and 1 at 130 sold at 120: 60 − 0 − 30 … closes with 30 gained.
    expect(flipped.closedPnl).toBe(30n * UNIT);
    expect(flipped.after.book.quantity).toBe(-2n * UNIT);
    const flat = bookFill(flipped.after, units(2n), at(110n), money(5n));
    expect([flat.closedPnl, flat.after.book.quantity, flat.after.episodeNo]).toEqual([20n * UNIT, 0n, 2n]);
  });

  it('adds up to net PnL over all instruments', () => {
    const ledger = new CopyLedger();
    const gained = bookFill(bookFill(NOTHING_BOOKED, units(1n), at(10n), money(3n)).after, units(-1n), at(12n), money(4n)).after;
    ledger.set(7, 'BTC', { booked: gained, intent: NO_INTENT });
    ledger.set(7, 'ETH', { booked: { ...NOTHING_BOOKED, fees: money(1n), funding: money(10n) }, intent: NO_INTENT });
    expect(ledger.netPnl(7)).toBe(2n * UNIT - 7n - 1n + 10n);
    ledger.addFunding(7, 'ETH', money(-4n));
    ledger.addFunding(7, 'SOL', money(-4n));
    expect([ledger.netPnl(7), [...ledger.coins(7)].map(([coin]) => coin)]).toEqual([2n * UNIT - 7n - 1n + 6n, ['BTC', 'ETH']]);
    ledger.drop(7);
    expect(ledger.netPnl(7)).toBe(0n);
  });

  it('compares intents with the newest on its way, not with what is written', () => {
    const ledger = new CopyLedger();
    const long = { ...NO_INTENT, targetMicro: 5 };
    ledger.hand(7, 'BTC', long);
    expect([ledger.newestIntent(7, 'BTC'), ledger.get(7, 'BTC').intent, ledger.newestIntent(7, 'ETH')]).toEqual([long, NO_INTENT, NO_INTENT]);
    ledger.hand(7, 'BTC', NO_INTENT);
    ledger.set(7, 'BTC', { booked: NOTHING_BOOKED, intent: long });
    expect(ledger.newestIntent(7, 'BTC')).toEqual(NO_INTENT);
    ledger.hand(7, 'BTC', long);
    ledger.drop(7);
    expect(ledger.newestIntent(7, 'BTC')).toEqual(NO_INTENT);
  });
});
