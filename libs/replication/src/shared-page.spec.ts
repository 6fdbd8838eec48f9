import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@lockstep/kernel';
import { decodeChainLimits } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { FollowerRows } from './follower-rows';
import { MICRO } from './instrument-columns';
import { planWave } from './plan-wave';
import { reasonAt } from './reasons';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, rateOf, Stage, settingsOf } from './testing/book-builder';

/* Every example of docs/copying.md on limits that copies share, with its own numbers. */

interface Example {
  readonly name: string;
  readonly json: { readonly exposure: unknown; readonly copies: readonly (readonly [leader: string, follower: string])[] };
  readonly rows: readonly (readonly string[])[];
}

const HEADING = 'Shared example: ';
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

const exact = settingsOf('1', { slippage: { ...settingsOf('1').slippage, entryBound: rateOf('0') } });

describe('docs/copying.md', () => {
  it('has an example of every shared limit', () => {
    expect(examples.map(({ json }) => Object.keys(Object(json.exposure)).join())).toEqual([
      'max_leader_exposure',
      'max_follower_exposure',
      'max_underlying_share',
    ]);
  });

  it.each(examples)('shared limits: $name', ({ json, rows }) => {
    const { exposure } = unwrap(decodeChainLimits({ exposure: json.exposure }), 'the limits');
    const followers = new FollowerRows();
    const stages = new Map(
      [...new Set(json.copies.map(([leader]) => leader))].map((leader) => [leader, new Stage(instrumentOf('BTC'), '100', followers)]),
    );
    const names = [...new Set(json.copies.map(([, follower]) => follower))];
    const copies = json.copies.map(([leader, follower], index) => {
      const stage = stages.get(leader) ?? fail(leader);
      const entry = entryOf(index + 1, exact, { follower: names.indexOf(follower), allocation: dollars(10_000), realEquity: dollars(10_000) });
      const row = stage.add(entry);
      stage.book.setExposure(row, exposure);
      return { stage, row };
    });
    for (const [index, [leader = '', coin = '', to = '', targets, why]] of rows.entries()) {
      const stage = stages.get(leader) ?? fail(leader);
      const sheet = stage.book.sheet(instrumentOf(coin));
      stage.book.setMark(coin, priceOf('100'), NOW);
      const move = { ...new Stage(instrumentOf(coin)).moveTo(to), before: BigInt(sheet.leaderLots) * 100_000_000n } as ReturnType<Stage['moveTo']>;
      const plan = planWave(stage.book, move, optionsOf(index + 1, { lastNonce: stage.lastNonce }));
      const told = copies.map((copy) => [...copy.stage.book.allSheets()].reduce((sum, one) => sum + at(one.rows.target, copy.row) / MICRO, 0));
      expect(`row ${index + 1}: ${told.join(' ')}`).toBe(`row ${index + 1}: ${targets}`);
      expect(`row ${index + 1}: ${reasonAt(at(plan.decisions.reason, 0))}`).toBe(`row ${index + 1}: ${why}`);
      for (let order = 0; order < plan.orders.count; order += 1) fill(stage, coin, plan, order);
    }
  });
});

function fill(stage: Stage, coin: string, plan: ReturnType<typeof planWave>, order: number): void {
  const sheet = stage.book.findSheet(coin) ?? fail(coin);
  const view = Object.assign(Object.create(Stage.prototype), { book: stage.book, sheet, markText: '100' }) as Stage;
  view.fillOrder(plan, order, at(plan.orders.lots, order));
}

function fail(what: string): never {
  throw new Error(`${what} is not in the example`);
}
