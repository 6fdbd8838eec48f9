import { present, toExact, UNIT } from '@lockstep/kernel';
import { decodeCopySettings, defaultCopySettings, encodeCopySettings, NO_END } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { beginClosing, remnantsOf } from './closing';
import { FOLLOW, STATUS } from './copy-columns';
import { MICRO } from './instrument-columns';
import { type Asked, askedAfter, takeApproved } from './proposals';
import { reasonAt } from './reasons';
import { reconcileNet } from './reconcile';
import { repairPlan } from './repair';
import { revalue } from './revalue';
import { takeOn } from './take-on';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, Stage } from './testing/book-builder';
import { pageExamples } from './testing/page-examples';
import { scaleTarget } from './unwind';
import type { WavePlan } from './wave-plan';

/* Every story of docs/copying.md: what is done one after another to one copy, with the numbers of the page. */

const COLUMNS = ['then', 'target', 'sent', 'why'] as const;
const ALLOCATION = 10_000;
/** What the leader and the follower's venue account hold. */
const [LEADER_EQUITY, REAL_EQUITY] = [100_000, 50_000];
const SIZE_DECIMALS = 2;
const LOTS = 10 ** SIZE_DECIMALS;
const STOPS = { close_now: STATUS.closing, follow_to_close: STATUS.windingDown, hand_over: STATUS.handingOver } as const;
/** What says that nothing stood against what was asked for. */
const GRANTED: ReadonlySet<string> = new Set(['planned', 'no_change', 'waiting_next_move']);

/** Acts about what a copy needs beside its own terms. */
const RIGHTS: ReadonlySet<string> = new Set(['entitled', 'revoked', 'terms', 'consent']);

const stories = pageExamples('Story example: ', COLUMNS);
const settingsOf = (json: unknown) => {
  const defaults = encodeCopySettings(defaultCopySettings());
  const draft = Object(json);
  const decoded = decodeCopySettings({ ...defaults, ...draft, caps: { ...defaults.caps, ...draft.caps } });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
  return decoded.value;
};

/** One copy of one leader in one instrument, to which the acts of a story are done. */
class Story {
  readonly stage = new Stage(instrumentOf('X', SIZE_DECIMALS));
  private row: number | null = null;
  private price = '100';
  private leaderEntry = '100';
  private now = NOW;
  private version = 1;
  /** What the follower is asked about. */
  private asked: Asked | null = null;

  constructor(private json: unknown) {}

  /** What was sent for an act, and the reason it left on record. */
  act(words: string): { readonly sent: string; readonly why: string } {
    this.now += 10_000;
    this.stage.sheet.markAt = this.now - 1;
    this.stage.book.setMark('X', priceOf(this.price), this.now);
    const [verb = '', what = '', how = ''] = words.split(' ');
    if (verb === 'leader') return this.lead(what, Number(how || '0'));
    const why = this.wish(verb, what, words.slice(verb.length + what.length + 2)) ?? '';
    return { sent: this.repaired(), why };
  }

  target(): string {
    return this.row === null ? '0' : String(at(this.stage.sheet.rows.target, this.row) / MICRO / LOTS);
  }

  private lead(after: string, ageMs: number): { readonly sent: string; readonly why: string } {
    const { stage, now, price } = this;
    if (stage.sheet.leaderLots === 0) this.leaderEntry = price;
    const fillAt = now - ageMs;
    const move = { incrementPrice: priceOf(price), lastPrice: priceOf(price), firstFillAt: fillAt, lastFillAt: fillAt };
    const plan = stage.plan(after, { now, leaderEquity: dollars(LEADER_EQUITY) }, move);
    // A copy that is handed over is out of everything: nothing is decided for it any more.
    if (this.row !== null && plan.decisions.count > 0) this.ask(plan, this.row);
    const why = plan.decisions.count === 0 ? '' : (reasonAt(at(plan.decisions.reason, 0)) ?? '');
    return { sent: this.send(plan), why };
  }

  private ask(plan: WavePlan, row: number): void {
    const { copies } = this.stage.book;
    this.asked = askedAfter(this.asked, plan, 0, {
      incrementPrice: Number(priceOf(this.price)),
      catchUpMs: at(copies.catchUpMs, row),
      approveWithinMs: at(copies.approveWithinMs, row),
      direction: at(copies.direction, row),
      keeps: at(copies.follow, row) === FOLLOW.increasesOnly,
      byAmount: null,
      adds: 0,
      beganAt: 0,
      closing: false,
      windingDown: false,
    });
  }

  /** As the engine takes a follower's word. */
  private answer(row: number, size: string | null): string | null {
    const { asked, now, stage } = this;
    if (asked === null || now >= asked.endsAt) return 'proposal_over';
    this.asked = null;
    if (size === null) return null;
    const micro = Math.min(asked.micro, Number(size) * LOTS * MICRO);
    if (micro < asked.micro) this.asked = { ...asked, micro: asked.micro - micro };
    const window = Math.max(at(stage.book.copies.catchUpMs, row), at(stage.book.copies.maxAgeMs, row));
    takeApproved(stage.book, stage.sheet, row, { ...asked, micro }, { now, until: Math.min(now + window, asked.endsAt) });
    return null;
  }

  /** A wish of the follower, or a change of the world; the reason why it was not granted, where there is one. */
  private wish(verb: string, what: string, rest: string): string | null {
    const { stage, now } = this;
    if (verb === 'price') {
      this.price = what;
      stage.book.setMark('X', priceOf(what), now);
      return null;
    }
    if (verb === 'begins') return this.begin();
    const row = present(this.row, 'a copy that began');
    if (verb === 'rebase') return takeOn(stage.book, stage.sheet, row, this.takeOnOptions(null)).reason;
    if (verb === 'allocation') return this.allocate(row, Number(what), rest);
    if (verb === 'settings') {
      this.json = { ...Object(this.json), ...JSON.parse(`${what} ${rest}`) };
      this.version += 1;
      stage.book.setSettings(row, settingsOf(this.json), this.version);
    } else if (verb === 'follower') {
      const lots = Number(rest) * LOTS * (what === 'buys' ? 1 : -1);
      const netLots = at(stage.sheet.rows.position, row) + lots;
      reconcileNet(stage.book, stage.sheet, { venueAccount: 1, netLots, foreignTrades: null, unresolved: false });
    } else if (verb === 'pause' || verb === 'resume') stage.book.setStatus(row, STATUS.paused, verb === 'pause');
    else if (verb === 'kill') stage.book.setStatus(row, STATUS.killSwitch, what === 'on');
    else if (RIGHTS.has(verb)) this.right(row, verb, Number(rest || '0'));
    else if (verb === 'approve') return this.answer(row, what);
    else if (verb === 'decline') return this.answer(row, null);
    else if (verb === 'stop') this.stop(row, what);
    else throw new Error(`no act "${verb}"`);
    return null;
  }

  /** As the engine has a copy's rights in its columns; `forMs`: after so long it ends, or begins to bind. */
  private right(row: number, verb: string, forMs: number): void {
    const { book } = this.stage;
    const rights = { entitledUntil: at(book.copies.entitledUntil, row), consentDueAt: at(book.copies.consentDueAt, row) };
    if (verb === 'entitled') rights.entitledUntil = forMs === 0 ? NO_END : this.now + forMs;
    if (verb === 'revoked') rights.entitledUntil = 0;
    if (verb === 'terms') rights.consentDueAt = this.now + forMs;
    if (verb === 'consent') rights.consentDueAt = NO_END;
    book.setRights(row, rights, this.now);
  }

  private begin(): string | null {
    const { stage } = this;
    const settings = settingsOf(this.json);
    const row = stage.add(entryOf(1, settings, { allocation: dollars(ALLOCATION), realEquity: dollars(REAL_EQUITY) }));
    this.row = row;
    stage.book.beginAtNextOpen(row);
    if (settings.start.kind === 'next_open') return null;
    const { band } = settings.start;
    const within = band === null ? null : { entryPrice: priceUnits(this.leaderEntry), width: toExact(band, 'band') };
    return takeOn(stage.book, stage.sheet, row, this.takeOnOptions(within)).reason;
  }

  private takeOnOptions(band: { readonly entryPrice: number; readonly width: number } | null) {
    return { ...optionsOf(1, { now: this.now, leaderEquity: dollars(LEADER_EQUITY) }), band };
  }

  /** As the engine applies a change: less at once takes targets down by the share of the equity, more at once is a re-basis, otherwise nothing trades. */
  private allocate(row: number, amount: number, when: string): string | null {
    const { book, sheet } = this.stage;
    revalue(book, this.now, 5_000);
    const before = at(book.copies.equity, row);
    const less = amount < Number(BigInt(at(book.copies.allocation, row)) / UNIT);
    book.changeAllocation(row, dollars(amount));
    if (when !== 'now') return null;
    if (!less) return takeOn(book, sheet, row, this.takeOnOptions(null)).reason;
    scaleTarget(sheet, row, { before, after: at(book.copies.equity, row) });
    return null;
  }

  private stop(row: number, mode: string): void {
    const known = Object.entries(STOPS).find(([name]) => name === mode);
    if (known === undefined) throw new Error(`no stop mode "${mode}"`);
    if (mode === 'close_now') beginClosing(this.stage.book, row);
    else this.stage.book.setStatus(row, known[1], true);
  }

  private repaired(): string {
    if (this.row === null) return '';
    const options = optionsOf(900, { now: this.now, lastNonce: this.stage.lastNonce, leaderEquity: dollars(LEADER_EQUITY) });
    return this.send(repairPlan(this.stage.book, this.stage.sheet, 900, options).plan);
  }

  private send(plan: WavePlan): string {
    const { orders } = plan;
    const told: string[] = [];
    for (let order = 0; order < orders.count; order += 1) {
      told.push(
        `${orders.buy[order] === 1 ? 'buy' : 'sell'} ${at(orders.lots, order) / LOTS}${orders.reduceOnly[order] === 1 ? ' reduce-only' : ''}`,
      );
      this.stage.fillOrder(plan, order, at(orders.lots, order), 'no_match', Number(priceOf(this.price)));
    }
    return told.join(', ');
  }

  /** Whether nothing is left: the proof of a stop. */
  flat(): boolean {
    return this.row === null || remnantsOf(this.stage.book, this.row).length === 0;
  }
}

describe('docs/copying.md', () => {
  it('tells every way of stopping, beginning and changing an allocation', () => {
    const acts = new Set(
      stories.flatMap(({ rows }) =>
        rows.map(({ then = '' }) =>
          then
            .replace(/[\d.]+/g, '')
            .replace(/\s+/g, ' ')
            .trim(),
        ),
      ),
    );
    for (const act of [
      'stop close_now',
      'stop follow_to_close',
      'stop hand_over',
      'begins',
      'rebase',
      'allocation',
      'allocation now',
      'pause',
      'kill on',
      'approve',
      'decline',
      'entitled for',
      'revoked',
      'terms in',
      'consent',
    ])
      expect([...acts]).toContain(act);
    const starts = stories
      .map(({ json }) => settingsOf(json).start)
      .map((start) => (start.kind === 'adopt' ? `adopt ${start.band !== null}` : start.kind));
    expect(new Set(starts)).toEqual(new Set(['next_open', 'adopt true', 'adopt false']));
    const filters = new Set(stories.map(({ json }) => settingsOf(json).instruments.kind));
    expect(filters).toEqual(new Set(['all', 'only', 'except']));
    expect(stories.some(({ rows }) => rows.some(({ why }) => why === 'stale_move'))).toBe(true);
  });

  it.each(stories)('story: $name', ({ json, rows }) => {
    expect(rows.length).toBeGreaterThan(1);
    const story = new Story(json);
    // A copy whose beginning is no act of the story begins before it.
    if (!rows.some(({ then }) => then === 'begins')) story.act('begins');
    for (const [index, { then = '', target, sent, why }] of rows.entries()) {
      const done = story.act(then);
      const shown = why === '' && GRANTED.has(done.why) ? '' : done.why;
      expect([`row ${index + 1}: ${then}`, story.target(), done.sent, shown]).toEqual([`row ${index + 1}: ${then}`, target, sent, why]);
    }
    if (rows.some(({ then }) => then === 'stop close_now' || then === 'stop follow_to_close')) expect(story.flat()).toBe(true);
  });
});
