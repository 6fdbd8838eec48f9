import {
  type EpochMs,
  type Instrument,
  lotSize,
  type Money,
  mulDivFloor,
  must,
  type Price,
  pow10,
  present,
  type Rate,
  type Size,
  toExact,
  toLots,
} from '@lockstep/kernel';
import {
  type CopyMode,
  type CopySettings,
  type ExposureLimits,
  filterAdmits,
  type ImpactTerms,
  type InstrumentFilter,
  NO_END,
  NO_EXPOSURE_LIMITS,
  STATE_ACTIONS,
} from '@lockstep/roster';
import { boundBy } from './binding-terms';
import { clearRow, columnMaker } from './column-maker';
import { type CopyColumns, FOLLOW, HALTS, layoutCopyColumns, MARKUP, MODE, NO_LIMIT, STATUS } from './copy-columns';
import { type DraftScratch, draftScratch } from './draft-scratch';
import { FollowerRows } from './follower-rows';
import { ALLOWED, type DepthSide, EPISODE, type InstrumentSheet, layoutInstrumentRows } from './instrument-columns';
import { CLEAR } from './reasons';
import { rightsRefusal } from './rights';
import { underlyingOf } from './underlying';

/** A copy as the engine loads it. */
export interface CopyEntry {
  readonly copyNo: number;
  /** The engine's index of the (tenant, environment). */
  readonly scope: number;
  readonly venueAccount: number;
  /** The engine's index of the follower; without it limits over all copies of a follower cannot be set. */
  readonly follower?: number;
  /** Signing key handle; −1 when there is none. */
  readonly signer: number;
  /** Bits of STATUS. */
  readonly status: number;
  readonly settings: CopySettings;
  readonly settingsVersion: number;
  readonly allocation: Money;
  /** Cumulative realised PnL − fees + funding. */
  readonly netPnl: Money;
  readonly realEquity: Money;
  /** From what losses are measured; null for a copy that begins now. */
  readonly nav: NavState | null;
  /** Leader's basis equity for `fixed_nominal`; null until taken. */
  readonly basisEquity: Money | null;
  readonly agentValidUntil: EpochMs;
  /** Without end unless given. */
  readonly rights?: CopyRights;
  /** The markup charged on this copy's orders; null: none. */
  readonly markup: CopyMarkup | null;
}

/** From what a copy's losses are measured. */
export interface NavState {
  /** Unit NAV at the last flow and equity after it. */
  readonly factor: Rate;
  readonly equity: Money;
  readonly peak: Rate;
  readonly day: Rate;
  /** Epoch ms; 0: not known. */
  readonly dayEndsAt: EpochMs;
  readonly pnlAnchor: Money;
}

/** Until when a copy's rights to take new risk go (roster's `entitledUntil`, `consentDueAt`). */
export interface CopyRights {
  readonly entitledUntil: EpochMs;
  readonly consentDueAt: EpochMs;
}

const ALL_RIGHTS: CopyRights = { entitledUntil: NO_END, consentDueAt: NO_END };

/** One price of a book with what stands there. */
export interface DepthLevel {
  readonly price: Price;
  readonly size: Size;
}

/** Execution markup of a copy (product §5). `builder` indexes the book's builder addresses. */
export interface CopyMarkup {
  readonly builder: number;
  /** Tenths of a basis point. */
  readonly fee: number;
  readonly flow: 'all' | 'increases_only';
  readonly approved: boolean;
  /** True: entries without approval are denied; false: sent without markup. */
  readonly required: boolean;
}

/** A copy's state in one instrument as restored from storage. Sizes and money as kernel units. */
export interface PositionEntry {
  readonly position: Size;
  /** What the follower holds of their own in it on the venue account. */
  readonly beside: Size;
  /** Target in micro-lots. */
  readonly target: number;
  readonly entryValue: Money;
  readonly realised: Money;
  /** Micro-lots given up in the running episode. */
  readonly forfeited: number;
  /** Leader orders copied in it. */
  readonly adds: number;
  /** Bits of EPISODE. */
  readonly episode: number;
}

/**
 * All copies of one watched account. Columns are replaced when the book grows: never hold one across `addCopy` or `sheet`.
 * Owned by one engine; planning, outcomes and fills write into it in place.
 */
export class CopyBook {
  copies: CopyColumns;
  /** Rows in use or free lie below this index. */
  rowCount = 0;
  private capacity: number;
  private readonly free: number[] = [];
  private readonly shares: boolean[] = [];
  private readonly tells: boolean[] = [];
  private readonly policies: (InstrumentFilter | undefined)[] = [];
  private readonly filters: (InstrumentFilter | undefined)[] = [];
  private readonly sheets = new Map<string, InstrumentSheet>();
  /** The same sheets, for sums that are made per copy. */
  readonly sheetList: InstrumentSheet[] = [];
  private readonly rowByCopy = new Map<number, number>();
  private heldRoom = new Float64Array(0);
  private planScratch: DraftScratch | null = null;
  /** Rows with a limit that several copies share. */
  private sharing = 0;
  private telling = 0;
  /** Rows with a floor under the distance of their liquidation. */
  private flooring = 0;
  private readonly floors: boolean[] = [];
  /** Rows whose entries may be spread. */
  private spreading = 0;

  /** `builders`: addresses that receive builder fees; a copy's `builder` indexes them. */
  constructor(
    readonly builders: readonly string[] = [],
    capacity = 64,
    /** Copies of each follower over all books that share it. */
    readonly followers: FollowerRows = new FollowerRows(),
  ) {
    must(capacity > 0, 'a book has room for at least one copy');
    this.capacity = capacity;
    this.copies = layoutCopyColumns(columnMaker(capacity));
  }

  /** Sheets of all instruments met so far. */
  allSheets(): IterableIterator<InstrumentSheet> {
    return this.sheets.values();
  }

  /** The sheet of a coin if it was met. */
  findSheet(coin: string): InstrumentSheet | undefined {
    return this.sheets.get(coin);
  }

  /** The sheet of an instrument, made on first use with the leader flat. */
  sheet(instrument: Instrument): InstrumentSheet {
    const known = this.sheets.get(instrument.coin);
    if (known) return known;
    const sheet: InstrumentSheet = {
      instrument,
      underlying: underlyingOf(instrument.coin),
      lotsPerUnit: Number(pow10(instrument.szDecimals)),
      leaderLots: 0,
      leaderReductions: 0,
      mark: 0,
      markAt: 0,
      bestBid: 0,
      bestAsk: 0,
      bookAt: 0,
      depth: null,
      spreadNext: { buy: 0, sell: 0 },
      rows: layoutInstrumentRows(columnMaker(this.capacity)),
    };
    this.filters.forEach((filter, row) => {
      sheet.rows.allowed[row] = filter === undefined ? ALLOWED.no : this.allowedIn(row, filter, instrument.coin);
    });
    this.sheets.set(instrument.coin, sheet);
    this.sheetList.push(sheet);
    return sheet;
  }

  /**
   * Takes an instrument as the venue lists it now: another asset id, margin mode or maximum leverage act from the next order on. False when its sizes are
   * counted differently than before, because everything here is in lots of the old size; nothing is taken then.
   */
  relist(instrument: Instrument): boolean {
    const sheet = this.sheets.get(instrument.coin);
    if (sheet === undefined) return true;
    if (sheet.instrument.szDecimals !== instrument.szDecimals) return false;
    sheet.instrument = instrument;
    return true;
  }

  /** Row of a copy, or undefined when the book does not hold it. */
  rowOf(copyNo: number): number | undefined {
    return this.rowByCopy.get(copyNo);
  }

  /** Adds a copy and returns its row. A copy that begins while the leader is in a position waits for the next open (`awaitingOpen`). */
  addCopy(entry: CopyEntry): number {
    must(entry.copyNo > 0 && !this.rowByCopy.has(entry.copyNo), `copy ${entry.copyNo} is already in the book`);
    const row = this.takeRow();
    const { copies } = this;
    copies.copyNo[row] = entry.copyNo;
    copies.scope[row] = entry.scope;
    copies.venueAccount[row] = entry.venueAccount;
    copies.status[row] = entry.status;
    copies.allocation[row] = toExact(entry.allocation, 'allocation');
    copies.leaving[row] = 0;
    copies.netPnl[row] = toExact(entry.netPnl, 'net PnL');
    copies.realEquity[row] = toExact(entry.realEquity, 'real equity');
    const start = Math.max(0, copies.allocation[row] + copies.netPnl[row]);
    copies.equity[row] = start;
    copies.navFactor[row] = toExact(entry.nav?.factor ?? 1_000_000_000_000n, 'unit NAV');
    copies.navEquity[row] = entry.nav ? toExact(entry.nav.equity, 'equity at the last flow') : start;
    copies.navPeak[row] = toExact(entry.nav?.peak ?? 1_000_000_000_000n, 'highest unit NAV');
    copies.navDay[row] = toExact(entry.nav?.day ?? 1_000_000_000_000n, 'unit NAV of the day');
    copies.dayEndsAt[row] = entry.nav?.dayEndsAt ?? 0;
    copies.pnlAnchor[row] = toExact(entry.nav?.pnlAnchor ?? 0n, 'profit of reference');
    copies.basisEquity[row] = entry.basisEquity === null ? 0 : leaderEquityColumn(entry.basisEquity);
    copies.follower[row] = entry.follower ?? -1;
    if (copies.follower[row] >= 0) this.followers.add(copies.follower[row], this, row);
    this.rowByCopy.set(entry.copyNo, row);
    this.setExposure(row, NO_EXPOSURE_LIMITS);
    this.setSettings(row, entry.settings, entry.settingsVersion);
    this.setSigner(row, entry.signer, entry.agentValidUntil);
    copies.entitledUntil[row] = (entry.rights ?? ALL_RIGHTS).entitledUntil;
    copies.consentDueAt[row] = (entry.rights ?? ALL_RIGHTS).consentDueAt;
    this.setMarkup(row, entry.markup);
    copies.halts[row] = 0;
    return row;
  }

  /**
   * Marks every instrument in which the leader stands now as not to be entered until the next open (product §2.2 `start: next open`). An open of his that was
   * filled before `at` (epoch ms) and is planned later, because the database was slow, is not the next one either.
   */
  beginAtNextOpen(row: number, at = 0): void {
    this.copies.beganAt[row] = at;
    for (const sheet of this.sheets.values()) {
      if (sheet.leaderLots !== 0) sheet.rows.episode[row] = (sheet.rows.episode[row] ?? 0) | EPISODE.awaitingOpen;
    }
  }

  /** Puts a restored position into a sheet; ρ and what is owed come with the intent. */
  restorePosition(row: number, instrument: Instrument, entry: PositionEntry): void {
    const sheet = this.sheet(instrument);
    const { rows } = sheet;
    rows.position[row] = toLots(instrument, entry.position);
    rows.beside[row] = toLots(instrument, entry.beside);
    rows.target[row] = entry.target;
    rows.entryValue[row] = toExact(entry.entryValue, 'entry value');
    rows.realised[row] = toExact(entry.realised, 'realised PnL');
    rows.forfeited[row] = entry.forfeited;
    rows.adds[row] = entry.adds;
    rows.episode[row] = entry.episode;
  }

  /** Takes a copy out of the book; its row is used again. */
  removeCopy(copyNo: number): void {
    const row = present(this.rowByCopy.get(copyNo), `copy ${copyNo}`);
    const follower = this.copies.follower[row] ?? -1;
    if (follower >= 0) this.followers.remove(follower, this, row);
    this.setExposure(row, NO_EXPOSURE_LIMITS);
    this.setImpact(row, null);
    this.countFloor(row, false);
    clearRow(this.copies, row);
    for (const sheet of this.sheets.values()) clearRow(sheet.rows, row);
    this.filters[row] = undefined;
    this.policies[row] = undefined;
    this.rowByCopy.delete(copyNo);
    this.free.push(row);
  }

  /** Writes a settings version into the columns. Limits act from the next decision on; no position changes by itself. */
  setSettings(row: number, settings: CopySettings, version: number): void {
    const { copies } = this;
    const { mode, caps } = settings;
    const before = boundBy(copies, row);
    copies.settingsVersion[row] = version;
    this.setMode(row, mode);
    copies.mirrors[row] = settings.policy === 'orders' ? 1 : 0;
    copies.direction[row] = settings.direction === 'inverse' ? -1 : 1;
    copies.follow[row] = settings.follow === 'all' ? FOLLOW.all : settings.follow === 'increases_only' ? FOLLOW.increasesOnly : FOLLOW.decreasesOnly;
    copies.maxPositionSize[row] = limitColumn(caps.maxPositionSize);
    copies.maxPositionNotional[row] = limitColumn(caps.maxPositionNotional);
    copies.maxPositionShare[row] = limitColumn(caps.maxPositionShare);
    copies.maxLeverage[row] = limitColumn(caps.maxLeverage);
    copies.maxGross[row] = limitColumn(caps.maxGrossExposure);
    this.countFloor(row, caps.minLiquidationDistance !== null);
    copies.minDistance[row] = limitColumn(caps.minLiquidationDistance);
    copies.venueLeverage[row] = settings.venueLeverage;
    copies.entryBound[row] = toExact(settings.slippage.entryBound, 'entry bound');
    copies.exitBound[row] = toExact(settings.slippage.exitBound, 'exit bound');
    copies.restOnBreach[row] = settings.slippage.onBreach === 'rest' ? 1 : 0;
    copies.maxAgeMs[row] = settings.maxAgeMs;
    this.setCatchUp(row, settings.catchUpMs);
    copies.approveWithinMs[row] = settings.approveWithinMs ?? 0;
    copies.breakerFromStart[row] = limitColumn(settings.breaker.fromStart);
    copies.breakerTrailing[row] = limitColumn(settings.breaker.trailing);
    copies.breakerDaily[row] = limitColumn(settings.breaker.daily);
    copies.breakerMoney[row] = limitColumn(settings.breaker.lossMoney);
    copies.alertAt[row] = limitColumn(settings.breaker.alertAt);
    copies.haltAt[row] = limitColumn(settings.breaker.haltNewAt);
    copies.closeAfter[row] = settings.breaker.closeAfterMarks;
    copies.onNotional[row] = STATE_ACTIONS.indexOf(settings.stateLimits.position_notional);
    copies.onShare[row] = STATE_ACTIONS.indexOf(settings.stateLimits.position_share);
    copies.onLeverage[row] = STATE_ACTIONS.indexOf(settings.stateLimits.leverage);
    copies.onGross[row] = STATE_ACTIONS.indexOf(settings.stateLimits.gross_exposure);
    copies.onDistance[row] = STATE_ACTIONS.indexOf(settings.stateLimits.liquidation_distance);
    this.filters[row] = settings.instruments;
    this.applyFilters(row);
    if (boundBy(copies, row) !== before) this.countHalt(row);
  }

  /** What stood before may not stand behind this. */
  private countHalt(row: number): void {
    this.copies.halts[row] = (this.copies.halts[row] ?? 0) + 1;
  }

  /** Whether a row has a floor under the distance of its liquidation. */
  get hasFloors(): boolean {
    return this.flooring > 0;
  }

  private countFloor(row: number, has: boolean): void {
    if (this.floors[row] === true) this.flooring -= 1;
    this.floors[row] = has;
    if (has) this.flooring += 1;
  }

  /** Whether a row has a limit that several copies share. */
  get hasSharedLimits(): boolean {
    return this.sharing > 0;
  }

  /** Whether a row has a limit that several copies share, or is told where they pass one. */
  get tellsExposure(): boolean {
    return this.telling > 0;
  }

  /** Writes limits that a copy shares with others into the columns. Those over a follower's copies need its index. */
  setExposure(row: number, limits: ExposureLimits): void {
    const { copies } = this;
    const { followerGross, underlyingShare, leaderCapacity, alertGross, alertShare, alertCapacity } = limits;
    const before = boundBy(copies, row);
    const ofFollower = [followerGross, underlyingShare, alertGross, alertShare];
    must(ofFollower.every((limit) => limit === null) || (copies.follower[row] ?? -1) >= 0, 'a follower with limits has an index');
    if (this.shares[row] === true) this.sharing -= 1;
    this.shares[row] = followerGross !== null || underlyingShare !== null || leaderCapacity !== null;
    if (this.shares[row] === true) this.sharing += 1;
    if (this.tells[row] === true) this.telling -= 1;
    this.tells[row] = this.shares[row] === true || alertGross !== null || alertShare !== null || alertCapacity !== null;
    if (this.tells[row] === true) this.telling += 1;
    copies.alertGross[row] = limitColumn(alertGross);
    copies.alertShare[row] = limitColumn(alertShare);
    copies.alertCapacity[row] = limitColumn(alertCapacity);
    copies.followerGross[row] = limitColumn(followerGross);
    copies.underlyingShare[row] = limitColumn(underlyingShare);
    copies.leaderCapacity[row] = limitColumn(leaderCapacity);
    if (boundBy(copies, row) !== before) this.countHalt(row);
  }

  /** True while some copy's entries may be spread over time. */
  get hasSpreads(): boolean {
    return this.spreading > 0;
  }

  /** Writes how entries of large waves are spread into the columns; null: they leave whole. */
  setImpact(row: number, impact: ImpactTerms | null): void {
    const { copies } = this;
    const withinMs = impact?.withinMs ?? 0;
    this.spreading += (withinMs > 0 ? 1 : 0) - ((copies.spreadWithinMs[row] ?? 0) > 0 ? 1 : 0);
    copies.spreadWithinMs[row] = withinMs;
    copies.spreadAbove[row] = toExact(impact?.spreadAbove ?? 0n, 'share of the depth');
    copies.spreadShare[row] = toExact(impact?.participation ?? 0n, 'participation');
    copies.spreadJitter[row] = toExact(impact?.jitter ?? 0n, 'jitter');
  }

  /** Instruments that limits from above admit: what they do not is denied as `policy`, before the copy's own filter is asked. */
  setPolicy(row: number, policy: InstrumentFilter): void {
    this.policies[row] = policy;
    this.applyFilters(row);
  }

  private applyFilters(row: number): void {
    const filter = this.filters[row];
    if (filter === undefined) return;
    for (const sheet of this.sheets.values()) sheet.rows.allowed[row] = this.allowedIn(row, filter, sheet.instrument.coin);
  }

  private allowedIn(row: number, filter: InstrumentFilter, coin: string): number {
    const policy = this.policies[row];
    if (policy !== undefined && !filterAdmits(policy, coin)) return ALLOWED.policy;
    return filterAdmits(filter, coin) ? ALLOWED.yes : ALLOWED.no;
  }

  /** A shorter catch-up window holds for what is owed already; a longer one begins with the next increment. */
  private setCatchUp(row: number, catchUpMs: number): void {
    const shorter = (this.copies.catchUpMs[row] ?? 0) - catchUpMs;
    this.copies.catchUpMs[row] = catchUpMs;
    if (shorter <= 0) return;
    for (const { rows } of this.sheets.values())
      if (rows.owedUntil[row] !== 0) rows.owedUntil[row] = Math.max(1, (rows.owedUntil[row] ?? 0) - shorter);
  }

  private setMode(row: number, mode: CopyMode): void {
    const { copies } = this;
    copies.maxAdds[row] = NO_LIMIT;
    switch (mode.kind) {
      case 'fixed_ratio':
        copies.mode[row] = MODE.fixedRatio;
        copies.modeRate[row] = toExact(mode.ratio, 'ratio');
        return;
      case 'proportional':
        copies.mode[row] = mode.compounding === 'reinvest' ? MODE.proportionalReinvest : MODE.proportionalNominal;
        copies.modeRate[row] = toExact(mode.multiplier, 'multiplier');
        return;
      case 'fixed_amount':
        copies.mode[row] = MODE.fixedAmount;
        copies.modeRate[row] = toExact(mode.amount, 'amount');
        copies.maxAdds[row] = mode.maxAdds ?? NO_LIMIT;
        return;
      case 'risk_normalised':
        copies.mode[row] = MODE.riskNormalised;
        copies.modeRate[row] = toExact(mode.multiplier, 'multiplier');
        copies.targetVolatility[row] = toExact(mode.targetVolatility, 'target volatility');
        copies.scaleLeast[row] = toExact(mode.scaleLeast, 'least scale');
        copies.scaleMost[row] = toExact(mode.scaleMost, 'largest scale');
    }
  }

  setSigner(row: number, signer: number, agentValidUntil: EpochMs): void {
    this.copies.signer[row] = signer;
    this.copies.agentValidUntil[row] = signer < 0 ? 0 : agentValidUntil;
  }

  setMarkup(row: number, markup: CopyMarkup | null): void {
    const { copies } = this;
    must(markup === null || this.builders[markup.builder] !== undefined, 'the builder address is not in the book');
    copies.builder[row] = markup?.builder ?? -1;
    copies.builderFee[row] = markup?.fee ?? 0;
    copies.markupFlow[row] = markup === null ? MARKUP.none : markup.flow === 'all' ? MARKUP.all : MARKUP.increasesOnly;
    copies.builderApproved[row] = markup?.approved ? 1 : 0;
    copies.builderRequired[row] = markup?.required ? 1 : 0;
  }

  /** The venue refused the copy's builder fee: from now on its orders bear none, and what a missing approval means to entries applies. */
  withdrawBuilder(row: number): void {
    this.copies.builderApproved[row] = 0;
  }

  /** Sets or clears bits of STATUS, and counts what halts. */
  setStatus(row: number, bits: number, on: boolean): void {
    const { copies } = this;
    const before = copies.status[row] ?? 0;
    copies.status[row] = on ? before | bits : before & ~bits;
    if (on && (bits & ~before & HALTS) !== 0) this.countHalt(row);
  }

  /** Changes until when a copy's rights go. One that had ended by `now` and goes on was a halt as any: what stood before it may not stand behind it. */
  setRights(row: number, { entitledUntil, consentDueAt }: CopyRights, now: EpochMs): void {
    const { copies } = this;
    if (rightsRefusal(copies, row, now) !== CLEAR) this.countHalt(row);
    copies.entitledUntil[row] = entitledUntil;
    copies.consentDueAt[row] = consentDueAt;
  }

  /** True when the copy may take new risk at `now` as far as its status and rights go. */
  takesRisk(row: number, now: EpochMs): boolean {
    return this.copies.status[row] === STATUS.active && rightsRefusal(this.copies, row, now) === CLEAR;
  }

  /** Less money is asked for and waits: what is to leave is entered with no more, until {@link changeAllocation} moves it. More changes nothing until then. */
  awaitAllocation(row: number, allocation: Money): void {
    const { copies } = this;
    const before = copies.leaving[row] ?? 0;
    copies.leaving[row] = Math.max(0, (copies.allocation[row] ?? 0) - toExact(allocation, 'allocation'));
    if ((copies.leaving[row] ?? 0) > before) this.countHalt(row);
  }

  /**
   * A flow in or out of the copy: the unit NAV is linked, so that money moved is neither gain nor loss (product §3). Money that comes back before any mark has met
   * a copy that was left with less than it had lost finds it as it was.
   */
  changeAllocation(row: number, allocation: Money): void {
    const { copies } = this;
    const before = copies.equity[row] ?? 0;
    const linked = copies.navEquity[row] ?? 0;
    if (linked > 0) copies.navFactor[row] = mulDivFloor(copies.navFactor[row] ?? 0, before, linked);
    const next = toExact(allocation, 'allocation');
    const left = before - (copies.shortfall[row] ?? 0) + next - (copies.allocation[row] ?? 0);
    if (next < (copies.allocation[row] ?? 0)) this.countHalt(row);
    copies.allocation[row] = next;
    copies.leaving[row] = 0;
    copies.equity[row] = Math.max(0, left);
    copies.shortfall[row] = Math.max(0, -left);
    copies.navEquity[row] = Math.max(0, left);
  }

  /** Mark of a coin; ignored for a coin never met. */
  setMark(coin: string, mark: Price, at: EpochMs): void {
    const sheet = this.sheets.get(coin);
    if (!sheet || at < sheet.markAt) return;
    sheet.mark = toExact(mark, 'mark');
    sheet.markAt = at;
  }

  /** Best bid and ask of a coin. */
  setBook(coin: string, bid: Price, ask: Price, at: EpochMs): void {
    const sheet = this.sheets.get(coin);
    if (!sheet || at < sheet.bookAt) return;
    sheet.bestBid = toExact(bid, 'bid');
    sheet.bestAsk = toExact(ask, 'ask');
    sheet.bookAt = at;
  }

  /** What stands in a coin's book, best first; an older one is ignored. */
  setDepth(coin: string, bids: readonly DepthLevel[], asks: readonly DepthLevel[], at: EpochMs): void {
    const sheet = this.sheets.get(coin);
    if (!sheet || (sheet.depth !== null && at <= sheet.depth.at)) return;
    sheet.depth = { bids: sideOf(sheet.instrument, bids), asks: sideOf(sheet.instrument, asks), at };
  }

  /** The clock that prices are stamped with was set back: they are as old as before. */
  setBack(byMs: number): void {
    for (const sheet of this.sheets.values()) {
      if (sheet.markAt > 0) sheet.markAt = Math.max(1, sheet.markAt - byMs);
      if (sheet.bookAt > 0) sheet.bookAt = Math.max(1, sheet.bookAt - byMs);
      if (sheet.depth !== null) sheet.depth = { ...sheet.depth, at: sheet.depth.at - byMs };
    }
  }

  /** Room for the working columns of one plan; the next plan of this book uses it again. */
  scratch(rows: number): DraftScratch {
    if (this.planScratch === null || this.planScratch.capacity < rows) this.planScratch = draftScratch(Math.max(rows, this.capacity));
    return this.planScratch;
  }

  /** Room for two sums per row; each evaluation uses it again. */
  heldScratch(rows: number): Float64Array {
    if (this.heldRoom.length < rows * 2) this.heldRoom = new Float64Array(Math.max(rows, this.capacity) * 2);
    return this.heldRoom;
  }

  private takeRow(): number {
    const recycled = this.free.pop();
    if (recycled !== undefined) return recycled;
    if (this.rowCount === this.capacity) {
      this.capacity *= 2;
      this.copies = layoutCopyColumns(columnMaker(this.capacity, this.copies));
      for (const sheet of this.sheets.values()) sheet.rows = layoutInstrumentRows(columnMaker(this.capacity, sheet.rows));
    }
    this.rowCount += 1;
    return this.rowCount - 1;
  }
}

/** Leader equity as a column: 10^-6 quote units, rounded up, so that κ never comes out larger; 0 when not positive. */
export function leaderEquityColumn(equity: Money): number {
  return equity <= 0n ? 0 : toExact((equity + 99n) / 100n, 'leader equity');
}

/** Whole lots at each price; a part of a lot counts for nothing. */
function sideOf(instrument: Instrument, levels: readonly DepthLevel[]): DepthSide {
  const lot = lotSize(instrument);
  return {
    price: Float64Array.from(levels, ({ price }) => toExact(price, 'price of a book')),
    lots: Float64Array.from(levels, ({ size }) => Number(size / lot)),
  };
}

const limitColumn = (limit: bigint | null): number => (limit === null ? NO_LIMIT : toExact(limit, 'limit'));
