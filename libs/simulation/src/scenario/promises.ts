import type { ScenarioCoin } from './cast';
import { isInCents, onGrid } from './coins';
import { OpenTrouble } from './healing';
import { LeaderBook } from './leader-book';
import { intentOf, lotsOf } from './positions';
import type { Scenario } from './scenario';
import type { LeaderTrades, QuoteRow, Step } from './steps';

/**
 * What a scenario promises whoever plays it, and where this one breaks it (one sentence each, none for a good one): steps are in order of time; prices are on
 * their grids; leaders' trades go on from their positions, are named after what they do and never take more than is there; markets are open when leaders trade;
 * whatever fails is healed before the next calm; nothing but prices moves in a calm; leaders are flat in the last one, with which the scenario ends; engines
 * die only while they live; acts are on copies that began; money moves in whole cents.
 */
export function brokenPromises(scenario: Scenario): readonly string[] {
  const reader = new Reader(scenario);
  scenario.steps.forEach((step, index) => {
    for (const fault of reader.read(step)) reader.broken.push(`step ${index} (${step.at} ${step.kind}): ${fault}`);
  });
  const last = scenario.steps.at(-1);
  if (last?.kind !== 'audit' || !last.last) reader.broken.push('it does not end with the audit of its last calm');
  return reader.broken;
}

const IN_CALM: ReadonlySet<Step['kind']> = new Set(['prices', 'audit', 'calm_ends']);

const inWholeCents = (amount: bigint): readonly string[] =>
  amount !== 0n && isInCents(amount) ? [] : [`${amount} is nothing, or finer than a cent`];

class Reader {
  readonly broken: string[] = [];
  private readonly book: LeaderBook;
  private readonly trouble = new OpenTrouble();
  private readonly coins: ReadonlyMap<string, ScenarioCoin>;
  private readonly shut = new Set<string>();
  private readonly copies = new Map<number, number>();
  private readonly ended = new Set<number>();
  private readonly slots: readonly number[];
  private engine: number | null = null;
  private deadBy = 0;
  private inCalm = false;
  private now = 0;

  constructor(scenario: Scenario) {
    this.book = new LeaderBook(scenario.coins);
    this.coins = new Map(scenario.coins.map((coin) => [coin.coin, coin]));
    this.slots = scenario.followers.map(({ slots }) => slots);
  }

  read(step: Step): readonly string[] {
    const faults = [...this.time(step), ...this.calm(step), ...this.byKind(step)];
    this.book.apply(step);
    this.trouble.apply(step);
    return faults;
  }

  private time({ at }: Step): readonly string[] {
    const fault = !Number.isSafeInteger(at) || at < this.now ? [`its time is before ${this.now} or no whole number`] : [];
    this.now = at;
    return fault;
  }

  private calm(step: Step): readonly string[] {
    if (step.kind === 'calm_begins') {
      this.inCalm = true;
      const open = this.trouble.keys();
      const notFlat = step.last && !this.book.isFlat() ? ['leaders are not flat in the last calm'] : [];
      return open.length > 0 ? [`open in a calm: ${open.join(', ')}`, ...notFlat] : notFlat;
    }
    const fault = this.inCalm && !IN_CALM.has(step.kind) ? ['it is in a calm'] : [];
    if (step.kind === 'calm_ends') this.inCalm = false;
    return fault;
  }

  private byKind(step: Step): readonly string[] {
    switch (step.kind) {
      case 'prices':
        return step.moves.flatMap(({ coin, price }) => [...this.onGrid(coin, price), ...(this.shut.has(coin) ? [`${coin} is shut`] : [])]);
      case 'quote':
        return this.quote(step.coin, step.bids, step.asks);
      case 'halt':
      case 'delist':
        this.shut.add(step.coin);
        return [];
      case 'resume':
        this.shut.delete(step.coin);
        return [];
      case 'leader_trades':
        return this.trade(step);
      case 'engine_starts':
      case 'engine_dies':
        return this.engineStep(step);
      case 'copy_create':
        return [...inWholeCents(step.allocation), ...this.begin(step.copy, step.follower)];
      case 'copy_allocation':
        return [...inWholeCents(step.by), ...this.actOn(step)];
      case 'leader_cash':
      case 'venue_cash':
        return inWholeCents(step.amount);
      default:
        return 'copy' in step ? this.actOn(step) : [];
    }
  }

  private onGrid(coin: string, price: bigint): readonly string[] {
    const known = this.coins.get(coin);
    if (known === undefined) return [`${coin} is no coin of the scenario`];
    return price > 0n && onGrid(known, price, 'down') === price ? [] : [`${price} is not on the grid of ${coin}`];
  }

  private quote(coin: string, bids: readonly QuoteRow[], asks: readonly QuoteRow[]): readonly string[] {
    const rows = [...bids, ...asks];
    const [bid, ask] = [bids[0]?.price ?? 0n, asks[0]?.price ?? 0n];
    return [
      ...rows.flatMap(({ price }) => this.onGrid(coin, price)),
      ...(rows.every(({ lots }) => Number.isSafeInteger(lots) && lots > 0) ? [] : ['a row has no lots']),
      ...(bid < ask ? [] : ['the book crosses']),
      ...(bids.every(({ price }, nth) => nth === 0 || price < (bids[nth - 1]?.price ?? 0n)) ? [] : ['bids do not fall']),
      ...(asks.every(({ price }, nth) => nth === 0 || price > (asks[nth - 1]?.price ?? 0n)) ? [] : ['asks do not rise']),
    ];
  }

  private trade(step: LeaderTrades): readonly string[] {
    const { leader, coin, before, fills, intent } = step;
    const position = this.book.position(leader, coin);
    const change = lotsOf(step);
    const dex = this.coins.get(coin)?.dex ?? '';
    return [
      ...fills.flatMap(({ price }) => this.onGrid(coin, price)),
      ...(position === before ? [] : [`the position is ${position}, not ${before}`]),
      ...(intentOf(position, position + change) === intent ? [] : [`from ${position} by ${change} is no ${intent}`]),
      ...(fills.every(({ lots }) => Number.isSafeInteger(lots) && lots !== 0 && Math.sign(lots) === Math.sign(change))
        ? []
        : ['fills of two directions, or of nothing']),
      ...(this.shut.has(coin) ? [`${coin} is shut`] : []),
      ...(this.trouble.has(`broke:${leader}:${dex}`) ? ['the leader has no money there'] : []),
    ];
  }

  private engineStep(step: Extract<Step, { kind: 'engine_starts' | 'engine_dies' }>): readonly string[] {
    if (step.kind === 'engine_dies') {
      const fault = this.engine === step.engine ? [] : [`engine ${step.engine} does not lead, but ${this.engine}`];
      this.engine = null;
      this.deadBy = step.at + step.latestMs;
      return fault;
    }
    if (step.expected === 'refused') return this.engine === null ? ['no engine lives that could have it refused'] : [];
    const fault = this.engine !== null || step.at < this.deadBy ? ['another one may live'] : [];
    this.engine = step.engine;
    return fault;
  }

  private begin(copy: number, follower: number): readonly string[] {
    const others = [...this.copies].filter(([other, owner]) => owner === follower && !this.ended.has(other));
    const most = this.slots[follower] ?? 1;
    const fault = this.copies.has(copy) || others.length >= most ? [`copy ${copy} exists, or follower ${follower} has ${most} already`] : [];
    this.copies.set(copy, follower);
    return fault;
  }

  private actOn(step: Extract<Step, { copy: number }>): readonly string[] {
    if (step.kind === 'copy_stop' && step.mode === 'close_now') this.ended.add(step.copy);
    return this.copies.has(step.copy) ? [] : [`copy ${step.copy} never began`];
  }
}
