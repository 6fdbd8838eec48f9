import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { money, UNIT, unwrap } from '@lockstep/kernel';
import { decodeChainLimits, EXPOSURE_LIMITS, type ExposureLimits, NO_EXPOSURE_LIMITS } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFill } from './apply';
import type { CopyBook } from './book';
import { STATUS } from './copy-columns';
import { FollowerRows } from './follower-rows';
import { type ExposureFinding, HeldExposure } from './held-exposure';
import { revalue } from './revalue';
import { at, dollars, entryOf, instrumentOf, NOW, priceOf, priceUnits, rateOf, Stage, settingsOf } from './testing/book-builder';
import { underlyingOf } from './underlying';

const MAX_AGE_MS = 5_000;
const limits = (part: Partial<ExposureLimits>): ExposureLimits => ({ ...NO_EXPOSURE_LIMITS, ...part });
const exact = settingsOf('1', { slippage: { ...settingsOf('1').slippage, entryBound: rateOf('0') } });

/** Books of leaders, one mark for everything, and copies of 10,000 each. */
class Group {
  readonly stages: readonly Stage[];
  readonly held = new HeldExposure();

  constructor(leaders: number) {
    const followers = new FollowerRows();
    this.stages = Array.from({ length: leaders }, () => new Stage(instrumentOf('BTC'), '100', followers));
  }

  get books(): readonly CopyBook[] {
    return this.stages.map(({ book }) => book);
  }

  add(copyNo: number, leader: number, follower: number, exposure: ExposureLimits, real = 1_000_000): number {
    const { book } = this.stage(leader);
    const entry = entryOf(copyNo, exact, { follower, scope: leader, allocation: dollars(10_000), realEquity: dollars(real) });
    const row = book.addCopy(entry);
    book.setExposure(row, exposure);
    return row;
  }

  stage(leader: number): Stage {
    return this.stages[leader] ?? fail(`leader ${leader}`);
  }

  /** Buys lots of a coin for a copy at a price. */
  fill(leader: number, row: number, coin: string, lots: number, text: string): void {
    const { book } = this.stage(leader);
    const sheet = book.sheet(instrumentOf(coin));
    applyFill(book, sheet, row, { buy: lots > 0, lots: Math.abs(lots), price: priceUnits(text), fee: 0 }, null);
  }

  mark(coin: string, text: string): void {
    for (const book of this.books) if (book.findSheet(coin) !== undefined) book.setMark(coin, priceOf(text), NOW);
  }

  /** One look; everything found is told. */
  look(): readonly string[] {
    for (const book of this.books) revalue(book, NOW, MAX_AGE_MS);
    const found = this.held.judge(this.books);
    for (const each of found) {
      if (each.passed) this.held.note(each);
      else this.held.forget(each);
    }
    return found.map(wordsOf);
  }
}

const wordsOf = ({ limit, underlying, passed }: ExposureFinding): string =>
  `${limit}${underlying === '' ? '' : ` of ${underlying}`}: ${passed ? 'alert' : 'release'}`;

interface Example {
  readonly name: string;
  readonly json: { readonly exposure: unknown; readonly copies: readonly (readonly [leader: string, follower: string])[] };
  readonly rows: readonly (readonly string[])[];
}

const HEADING = 'Told example: ';
const examples: readonly Example[] = readFileSync(join(__dirname, '../../../docs/copying.md'), 'utf8')
  .split(/^#{2,3} /m)
  .filter((section) => section.startsWith(HEADING))
  .map((section) => ({
    name: section.slice(HEADING.length, section.indexOf('\n')),
    json: JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? 'null'),
    rows: section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2)
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  }));

describe('docs/copying.md', () => {
  it('has an example of every limit that is told alone', () => {
    const named = examples.flatMap(({ json }) => Object.keys(Object(json.exposure)));
    expect(new Set(named.filter((name) => name.startsWith('alert_')))).toEqual(new Set(EXPOSURE_LIMITS.filter((name) => name.startsWith('alert_'))));
  });

  it.each(examples)('limits that are told: $name', ({ json, rows }) => {
    const { exposure } = unwrap(decodeChainLimits({ exposure: json.exposure }), 'the limits');
    const leaders = [...new Set(json.copies.map(([leader]) => leader))];
    const names = [...new Set(json.copies.map(([, follower]) => follower))];
    const group = new Group(leaders.length);
    const copies = json.copies.map(([leader, follower], index) => {
      const of = leaders.indexOf(leader);
      return { of, follower, row: group.add(index + 1, of, names.indexOf(follower), exposure) };
    });
    let price = '100';
    for (const [index, [then = '', held, worth, told]] of rows.entries()) {
      const [who = '', coin = '', to = ''] = then.split(' ');
      if (who === 'mark') price = coin;
      else {
        for (const { of, row } of copies.filter((copy) => copy.of === leaders.indexOf(who))) {
          const sheet = group.stage(of).book.sheet(instrumentOf(coin));
          group.fill(of, row, coin, Number(to) - at(sheet.rows.position, row), price);
        }
      }
      for (const one of new Set(group.books.flatMap((book) => book.sheetList.map(({ instrument }) => instrument.coin)))) group.mark(one, price);
      const words = group.look();
      const counted = copies.filter(({ follower }) => follower === 'Ann' || 'alert_leader_exposure' in Object(json.exposure));
      const sums = counted.map(({ of, row }) => {
        const { book } = group.stage(of);
        const value = book.sheetList.reduce((sum, sheet) => sum + Math.abs(at(sheet.rows.position, row)) * Number(price), 0);
        return [value, at(book.copies.equity, row) / Number(UNIT)] as const;
      });
      const shown = [0, 1].map((column) => sums.reduce((sum, each) => sum + (each[column] ?? 0), 0));
      expect(`row ${index + 1}: ${shown.join(' ')} ${words.join(', ')}`).toBe(`row ${index + 1}: ${held} ${worth} ${told}`);
    }
  });
});

describe('limits that copies share, judged on what is held', () => {
  it('are judged by the strictest of all copies, also of one that holds nothing', () => {
    const group = new Group(2);
    const row = group.add(1, 0, 0, limits({ alertShare: rateOf('0.9') }));
    group.add(2, 1, 0, limits({ alertShare: rateOf('0.1') }));
    group.fill(0, row, 'BTC', 21, '100');
    group.mark('BTC', '100');
    expect(group.look()).toEqual(['alert_underlying_share of BTC: alert']);
  });

  it('are of a share of what all copies are worth, each no more than its account holds for it', () => {
    const group = new Group(1);
    const row = group.add(1, 0, 0, limits({ alertShare: rateOf('0.5') }));
    group.fill(0, row, 'BTC', 49, '100');
    group.mark('BTC', '100');
    expect(group.look()).toEqual([]);
    group.stage(0).book.copies.realEquity[row] = Number(dollars(9_000));
    expect(group.look()).toEqual(['alert_underlying_share of BTC: alert']);
  });

  it('are found again until they are noted, and when they are noted no more', () => {
    const group = new Group(1);
    const row = group.add(1, 0, 0, limits({ alertGross: dollars(100) }));
    group.fill(0, row, 'BTC', 2, '100');
    group.mark('BTC', '100');
    const { held, books } = group;
    const [found] = held.judge(books);
    expect(held.judge(books)).toEqual([found]);
    held.note(found ?? fail('nothing found'));
    expect(held.judge(books)).toEqual([]);
  });

  it('that nobody sets any more are met again, and so are those of a follower without copies', () => {
    const group = new Group(1);
    const row = group.add(1, 0, 0, limits({ alertGross: dollars(100), followerGross: dollars(150) }));
    group.fill(0, row, 'BTC', 2, '100');
    group.mark('BTC', '100');
    expect(group.look()).toEqual(['max_follower_exposure: alert', 'alert_follower_exposure: alert']);
    group.stage(0).book.setExposure(row, limits({ followerGross: dollars(150) }));
    expect(group.look()).toEqual(['alert_follower_exposure: release']);
    group.stage(0).book.removeCopy(1);
    expect(group.look()).toEqual(['max_follower_exposure: release']);
    expect(group.look()).toEqual([]);
  });

  it.each<[string, (group: Group, row: number) => void, Partial<ExposureLimits>]>([
    ['something held has no mark yet', (group) => Object.assign(group.stage(0).sheet, { mark: 0 }), { alertShare: rateOf('0.01') }],
    ['the same of a limit of all positions', (group) => Object.assign(group.stage(0).sheet, { mark: 0 }), { alertGross: dollars(100) }],
    ['the same of a leader', (group) => Object.assign(group.stage(0).sheet, { mark: 0 }), { alertCapacity: dollars(100) }],
    [
      'the account was not read yet',
      (group, row) => {
        group.stage(0).book.setStatus(row, STATUS.staleTruth, true);
        group.stage(0).sheet.rows.position[row] = 0;
      },
      { alertGross: dollars(100) },
    ],
  ])('that were told stay so where %s', (_what, change, part) => {
    const group = new Group(1);
    const row = group.add(1, 0, 0, limits(part));
    group.fill(0, row, 'BTC', 2, '100');
    group.mark('BTC', '100');
    expect(group.look()).toHaveLength(1);
    change(group, row);
    expect(group.look()).toEqual([]);
  });

  it('of a share are not told while what the copies are worth is not known', () => {
    const group = new Group(1);
    const row = group.add(1, 0, 0, limits({ alertShare: rateOf('0.5') }));
    // 4,900 of BTC are below half of 10,000 and of the gain of ETH, which has no mark yet.
    group.fill(0, row, 'BTC', 51, '100');
    group.fill(0, row, 'ETH', 10, '100');
    group.mark('BTC', '100');
    expect(group.look()).toEqual([]);
    group.mark('ETH', '200');
    expect(group.look()).toEqual([]);
    group.mark('ETH', '101');
    expect(group.look()).toEqual(['alert_underlying_share of BTC: alert']);
  });
});

describe('what is told of limits that copies share', { timeout: 60_000 }, () => {
  const COINS = ['BTC', 'xyz:BTC', 'ETH', 'kPEPE'] as const;
  const amount = fc.option(fc.integer({ min: 0, max: 40_000 }), { nil: null });
  const share = fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: null });
  const exposure = fc.record({
    followerGross: amount,
    alertGross: amount,
    leaderCapacity: amount,
    alertCapacity: amount,
    underlyingShare: share,
    alertShare: share,
  });
  const copy = fc.record({ leader: fc.constantFrom(0, 1), follower: fc.constantFrom(0, 1, 2), exposure });
  const step = fc.record({
    copy: fc.nat({ max: 7 }),
    coin: fc.constantFrom(...COINS),
    lots: fc.integer({ min: -60, max: 60 }),
    marks: fc.array(fc.integer({ min: 20, max: 300 }), { minLength: COINS.length, maxLength: COINS.length }),
  });

  it('is what sums made apart say, each once, until it is 5 % below', () => {
    fc.assert(
      fc.property(fc.array(copy, { minLength: 1, maxLength: 8 }), fc.array(step, { minLength: 1, maxLength: 15 }), (copies, steps) => {
        const group = new Group(2);
        for (const stage of group.stages) for (const coin of COINS) stage.book.sheet(instrumentOf(coin));
        const cast = copies.map((one, index) => ({
          ...one,
          row: group.add(index + 1, one.leader, one.follower, exposureOf(one.exposure), index % 2 === 0 ? 9_000 : 90_000),
        }));
        let told = new Set<string>();
        for (const { copy: which, coin, lots, marks } of steps) {
          const one = cast[which % cast.length] ?? fail('no copy');
          for (const [index, each] of COINS.entries()) group.mark(each, `${marks[index]}`);
          if (lots !== 0) group.fill(one.leader, one.row, coin, lots, `${marks[COINS.indexOf(coin)]}`);
          for (const book of group.books) revalue(book, NOW, MAX_AGE_MS);
          const before = told;
          told = toldOf(group, cast, before);
          const found = group.held.judge(group.books);
          for (const each of found) {
            if (each.passed) group.held.note(each);
            else group.held.forget(each);
          }
          const names = (passed: boolean) =>
            found.filter((each) => each.passed === passed).map(({ limit, of, underlying }) => `${limit} ${of} ${underlying}`);
          expect(names(true).sort()).toEqual([...told].filter((name) => !before.has(name)).sort());
          expect(names(false).sort()).toEqual([...before].filter((name) => !told.has(name)).sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  type Drawn = Readonly<Record<keyof ExposureLimits, number | null>>;
  interface Cast {
    readonly leader: number;
    readonly follower: number;
    readonly row: number;
    readonly exposure: Drawn;
  }

  const exposureOf = (drawn: Drawn): ExposureLimits => {
    const amountOf = (value: number | null) => (value === null ? null : money(BigInt(value) * UNIT));
    const shareOf = (value: number | null) => (value === null ? null : rateOf(`${value / 1_000}`));
    return {
      followerGross: amountOf(drawn.followerGross),
      alertGross: amountOf(drawn.alertGross),
      leaderCapacity: amountOf(drawn.leaderCapacity),
      alertCapacity: amountOf(drawn.alertCapacity),
      underlyingShare: shareOf(drawn.underlyingShare),
      alertShare: shareOf(drawn.alertShare),
    };
  };

  /** What is to be told, from exact sums in money and shares of a thousandth. */
  function toldOf(group: Group, cast: readonly Cast[], before: ReadonlySet<string>): Set<string> {
    const told = new Set<string>();
    const judge = (limit: string, of: number, underlying: string, line: number, held: number): void => {
      const name = `${limit} ${of} ${underlying}`;
      // Amounts here are whole dollars; five per cent below is rounded down to 10^-8.
      if (held > line || (before.has(name) && held * 1e8 > Math.floor(line * 1e8 * 0.95 + 1e-4))) told.add(name);
    };
    const least = (copies: readonly Cast[], column: keyof ExposureLimits): number | null =>
      copies.reduce<number | null>(
        (bound, { exposure: { [column]: value } }) => (value === null || (bound !== null && bound <= value) ? bound : value),
        null,
      );
    const heldBy = (copies: readonly Cast[], counts: (coin: string) => boolean): number =>
      copies.reduce((sum, { leader, row }) => {
        const { sheetList } = group.stage(leader).book;
        return (
          sum +
          sheetList.reduce(
            (all, sheet) => (counts(sheet.instrument.coin) ? all + (Math.abs(at(sheet.rows.position, row)) * sheet.mark) / 1e8 : all),
            0,
          )
        );
      }, 0);
    for (const leader of [0, 1]) {
      const copies = cast.filter((one) => one.leader === leader);
      for (const [name, column] of [
        ['max_leader_exposure', 'leaderCapacity'],
        ['alert_leader_exposure', 'alertCapacity'],
      ] as const) {
        const line = least(copies, column);
        if (line !== null)
          judge(
            name,
            leader,
            '',
            line,
            heldBy(copies, () => true),
          );
      }
    }
    for (const follower of [0, 1, 2]) {
      const copies = cast.filter((one) => one.follower === follower);
      for (const [name, column] of [
        ['max_follower_exposure', 'followerGross'],
        ['alert_follower_exposure', 'alertGross'],
      ] as const) {
        const line = least(copies, column);
        if (line !== null)
          judge(
            name,
            follower,
            '',
            line,
            heldBy(copies, () => true),
          );
      }
      const worth = copies.reduce((sum, { leader, row }) => {
        const { copies: columns } = group.stage(leader).book;
        return sum + Math.max(0, Math.min(at(columns.equity, row), at(columns.realEquity, row)));
      }, 0);
      for (const [name, column] of [
        ['max_underlying_share', 'underlyingShare'],
        ['alert_underlying_share', 'alertShare'],
      ] as const) {
        const line = least(copies, column);
        if (line === null) continue;
        for (const underlying of new Set(COINS.map(underlyingOf)))
          judge(
            name,
            follower,
            underlying,
            (worth * line) / 1_000 / 1e8,
            heldBy(copies, (coin) => underlyingOf(coin) === underlying),
          );
      }
    }
    return told;
  }
});

function fail(what: string): never {
  throw new Error(`${what} is not there`);
}
