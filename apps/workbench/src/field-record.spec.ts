import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/*
 * What went wrong with others, and the test here that would go red if it went wrong with us. Lessons are those of open copiers' histories, complaints those
 * of users. The list is checked: each test named must stand in its file.
 */

const ROOT = join(__dirname, '../../..');
const LESSONS = 'libs/replication/src/lessons.spec.ts';
const COMPLAINTS = 'libs/replication/src/complaints.spec.ts';

/** What went wrong, the file, and words of the title of a test or of a group of them. */
type Entry = readonly [what: string, file: string, title: string];

const LEARNT: readonly Entry[] = [
  ['a snapshot traded as a signal', LESSONS, 'a snapshot that shows the leader %s enters nothing'],
  ['a re-open after a close mistaken for history', LESSONS, 'closes and opens the very same position again is followed out and in again'],
  ['a restart marks fresh positions as old', LESSONS, 'after a restart a copy %s, and every copy takes the next open'],
  ['a flip that is not split', LESSONS, 'a flip is two actions'],
  ['the leader closes fully and the follower keeps a stub', LESSONS, 'where the leader is flat the copy ends flat'],
  ['a reduction below the minimum does nothing for ever', LESSONS, 'reductions below the venue’s smallest order'],
  ['spot fills mixed with perps', 'libs/venues/src/hyperliquid/parse/recorded.spec.ts', 'spot and outcome fills left out'],
  ['one busy flag swallows the next event of the leader', LESSONS, 'a move that comes while orders are on their way'],
  ['one failure on the way swallows what comes after it', 'apps/engine/src/lanes.spec.ts', 'goes on after a failed batch and reports it'],
  ['the book-age rule of entries blocks an exit', LESSONS, 'not by a book and a mark that are minutes old'],
  ['a fatal end takes the closing path with it', 'apps/engine/src/protective-stop.it.spec.ts', 'holds the limit while no engine runs'],
  [
    'a fatal end in the middle of a close leaves it undone',
    'apps/engine/src/breakers.it.spec.ts',
    'counts from the highest value of before a restart, closes everything',
  ],
  ['the equity of a unified account read as zero blocks all trading', LESSONS, 'not by an account whose money reads as zero'],
  ['several reconnect loops share one limit', 'libs/venues/src/hyperliquid/watch/budget.spec.ts', 'leaves half of the openings to the others'],
  [
    'a reconnect storm runs into the ceiling',
    'libs/venues/src/hyperliquid/watch/reconnect-storm.it.spec.ts',
    'meets no refusal, and everything is told once',
  ],
  ['part of a day compared with a whole one', 'libs/replication/src/volatility.spec.ts', 'is the same however the points are spaced'],
  ['a loss of today measured from yesterday', 'libs/risk/src/breaker.spec.ts', 'of a day begins anew with the tenant’s day'],
  ['milliseconds taken for seconds', LESSONS, 'a time told in seconds is an old time'],
  ['floats with eighteen decimals in the text of an order', 'libs/venues/src/hyperliquid/sign/order-frames.spec.ts', 'amounts on the wire'],
  ['a handful of events declared a statistic', 'libs/replication/src/volatility.spec.ts', 'too few returns'],
];

const COMPLAINED: readonly Entry[] = [
  ['1 the follower loses while the leader wins: a missed add', COMPLAINTS, 'an add that was missed is made good at the leader’s price'],
  ['1 a missed add chased later', COMPLAINTS, 'an add is not chased to where the market went'],
  ['2 slippage', 'libs/replication/src/sizing.properties.spec.ts', 'inside the bound to the last digit'],
  ['3 a missed close', LESSONS, 'when an entry lands only after the leader left'],
  ['3 a protection left behind', 'apps/engine/src/stops/stop-keeper.it.spec.ts', 'ends with the position'],
  ['3 an orphaned protection', 'apps/engine/src/stops/stop-keeper.it.spec.ts', 'is cancelled where its copy is gone'],
  ['4 an order repeated after a timeout', LESSONS, 'after an order nobody answered for orders its own part and never the open one again'],
  ['4 a protection placed twice', 'apps/engine/src/stops/stop-keeper.it.spec.ts', 'that landed without an answer is found, not placed twice'],
  ['5 dust and minimums', COMPLAINTS, 'an increase below the venue’s smallest order is not made larger to pass'],
  ['6 partial closes and partial fills', COMPLAINTS, 'closes in parts'],
  ['7 the leader adds margin', 'apps/engine/src/watch/compare-state.spec.ts', 'more margin, another leverage'],
  ['7 a follower at a leverage it did not choose', 'apps/engine/src/repair/keep-leverage.spec.ts', 'leverage of what a copy holds'],
  ['8 the copier trades when nobody traded', COMPLAINTS, 'nobody traded, nothing trades'],
  ['10 a leader who doubles down', COMPLAINTS, 'a leader who doubles down'],
  ['10 open losses that are hidden', 'libs/risk/src/breaker.spec.ts', 'is measured on the chain'],
  ['12 latency that nobody says', 'libs/replication/src/journal.spec.ts', 'a receipt tells inputs, cuts, orders and stages'],
  ['13 settings that cannot change', COMPLAINTS, 'terms change while a copy runs'],
  ['14 money moved distorts positions', COMPLAINTS, 'sells nothing and makes the next increase smaller'],
  ['15 an order of the leader that fills piece by piece', COMPLAINTS, 'a limit order of the leader that fills piece by piece'],
  ['16 a gap traded as a signal', LESSONS, 'after a gap in the fills the copy exits with what is left and enters nothing'],
  [
    '16 a fill told twice',
    'libs/venues/src/hyperliquid/watch/merged-sources.properties.spec.ts',
    'are told once when frames of a connection change places',
  ],
  ['17 nonces under load', COMPLAINTS, 'never share a nonce, in one wave or in two of the same millisecond'],
  ['17 rate limits under load', 'libs/venues/src/egress/scheduler.properties.spec.ts', 'never refuses anything, whatever is asked'],
  ['18 two leaders, one instrument', 'libs/replication/src/account-page.spec.ts', 'one account: $name'],
  ['18 a follower who holds the instrument too', COMPLAINTS, 'a follower who holds the instrument too'],
  ['19 blocks that appear late', 'libs/replication/src/shared-caps.spec.ts', 'that limits from above keep out are denied as a policy'],
  ['21 a key that opens for somebody else', 'libs/platform/src/sealing/sealing.spec.ts', 'opens for its key and context'],
  ['21 an order signed for somebody else', 'apps/engine/src/accounts.it.spec.ts', 'two accounts are never signed by one agent'],
  ['22 copying that stops in silence', COMPLAINTS, 'no copy stays behind in silence'],
];

/** Complaints that no code of ours can fail: 9 and 11 are about what is agreed on, 20 about files that are not built. */
const NOT_OURS = [9, 11, 20];
const COMPLAINTS_COUNT = 22;

describe('what the field went wrong with', () => {
  it.each([...LEARNT, ...COMPLAINED])('%s', (_what, file, title) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title);
  });

  it('every complaint has a test, or is said to be none of ours', () => {
    const named = new Set(COMPLAINED.map(([what]) => Number(what.split(' ')[0])));
    const open = Array.from({ length: COMPLAINTS_COUNT }, (_, index) => index + 1).filter(
      (number) => !named.has(number) && !NOT_OURS.includes(number),
    );
    expect(open).toEqual([]);
  });
});
