import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import { SeededRandom } from '../clock/random';
import type { Address, ExchangeAnswer, Json } from './port';
import { conserved } from './testing/conserved';

const ACCOUNTS = 5;
/** One of them: it claims what it earns. */
const BUILDER = addressOf(ACCOUNTS);
const DEXES = ['', 'xyz', 'flx', 'km', 'hyna', 'spot'] as const;
const TOKENS = ['USDC', 'USDE', 'USDT0', 'USDH', 'HYPE'] as const;
/** A coin of each dex with a price near its mark. */
type Coin = readonly [asset: number, p: number, lots: number, decimals: number];
const COINS: readonly [Coin, ...Coin[]] = [
  [0, 66_344, 0.05, 5],
  [110_002, 176.19, 20, 3],
  [120_000, 399.52, 10, 3],
  [130_000, 689.1, 5, 3],
  [140_001, 1_919.1, 2, 4],
];

const ACTIONS = [
  'claimRewards',
  'createSubAccount',
  'createVault',
  'order',
  'reserveRequestWeight',
  'sendAsset',
  'spotSend',
  'subAccountTransfer',
  'usdClassTransfer',
  'usdSend',
  'userSetAbstraction',
  'vaultDistribute',
  'vaultModify',
  'vaultTransfer',
  'withdraw3',
];

type Signed = { readonly kind: 'wallet'; readonly action: { readonly type: string; readonly [key: string]: Json } };
type Plain = { readonly kind: 'plain'; readonly action: Json; readonly actFor?: Address };

/** Random traffic of everything that moves money, for accounts, their sub-accounts and vaults. */
class Traffic {
  private readonly random: SeededRandom;
  private readonly subs: { readonly master: number; readonly address: Address }[] = [];
  private readonly vaults: { readonly leader: number; readonly address: Address }[] = [];
  readonly bed: Testbed;
  /** Accepted actions by type. */
  readonly accepted = new Map<string, number>();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.bed = new Testbed({ makers: true, seed, settings: { vaultLockupMs: 0, agentRemovalMs: 0 } });
    for (let account = 1; account <= ACCOUNTS; account += 1) {
      const credits = { '': '20000', xyz: '5000', flx: '5000', km: '5000', hyna: '5000', spot: '3000', 'spot:USDH': '500', 'spot:HYPE': '20' };
      this.bed.world.control.setup([{ address: addressOf(account), credits, volume: '100000', builder: { address: BUILDER, maxTenthsBp: 100 } }]);
    }
    this.bed.block();
  }

  step(): void {
    const account = 1 + this.random.below(ACCOUNTS);
    const next = this.choose(account);
    const answer = this.send(account, next);
    const type = String(dig(next.action, 'type'));
    if (answer.status === 'ok') this.accepted.set(type, (this.accepted.get(type) ?? 0) + 1);
    if (this.random.below(8) === 0) this.bed.world.control.advanceFunding();
  }

  private send(account: number, next: Signed | Plain): ExchangeAnswer {
    if (next.kind === 'wallet') return this.bed.wallet(account, next.action);
    if (next.actFor !== undefined) return this.bed.actFor(addressOf(account), next.actFor, next.action);
    const answer = this.bed.act(addressOf(account), next.action);
    this.note(account, answer);
    return answer;
  }

  /** Remembers what was made. */
  private note(account: number, answer: ExchangeAnswer): void {
    const address = String(dig(answer.response, 'data'));
    if (dig(answer.response, 'type') === 'createSubAccount') this.subs.push({ master: account, address });
    if (dig(answer.response, 'type') === 'createVault') this.vaults.push({ leader: account, address });
  }

  private choose(account: number): Signed | Plain {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
        return wallet({ type: 'usdSend', destination: this.anyone(), amount: this.amount() });
      case 1:
        return wallet({ type: 'spotSend', destination: this.anyone(), token: random.pick(TOKENS), amount: this.amount() });
      case 2:
        return wallet({ type: 'withdraw3', destination: addressOf(account), amount: this.amount() });
      case 3:
        return wallet({ type: 'usdClassTransfer', amount: this.amount(), toPerp: random.below(2) === 0 });
      case 4:
        return wallet({
          type: 'sendAsset',
          destination: this.anyone(),
          sourceDex: random.pick(DEXES),
          destinationDex: random.pick(DEXES),
          token: random.pick(TOKENS),
          amount: this.amount(),
          fromSubAccount: '',
        });
      case 5:
        return wallet({
          type: 'userSetAbstraction',
          user: addressOf(account),
          abstraction: random.pick(['disabled', 'unifiedAccount', 'portfolioMargin']),
        });
      case 6:
        return plain({ type: 'createSubAccount', name: `s${random.below(100)}` });
      case 7:
        return plain({
          type: 'createVault',
          name: 'Vault',
          description: 'Of the random kind.',
          initialUsd: 100_000_000 + random.below(900_000_000),
          nonce: 1,
        });
      case 8:
        return plain({
          type: 'subAccountTransfer',
          subAccountUser: this.anyone(),
          isDeposit: random.below(3) > 0,
          usd: 1 + random.below(900_000_000),
        });
      case 9:
        return plain(this.vaultAction(account));
      case 10:
        return plain(random.pick([{ type: 'claimRewards' }, { type: 'reserveRequestWeight', weight: 1 + random.below(500) }]));
      default:
        return this.trade(account);
    }
  }

  private vaultAction(account: number): Json {
    const { random } = this;
    const led = this.vaults.find(({ leader }) => leader === account);
    const vaultAddress = random.pick([addressOf(1), ...this.vaults.map(({ address }) => address)]);
    const usd = random.below(300_000_000);
    if (led !== undefined && random.below(4) === 0)
      return { type: 'vaultDistribute', vaultAddress: led.address, usd: random.below(4) === 0 ? 0 : usd };
    if (led !== undefined && random.below(4) === 0)
      return { type: 'vaultModify', vaultAddress: led.address, allowDeposits: null, alwaysCloseOnWithdraw: random.below(2) === 0 };
    return { type: 'vaultTransfer', vaultAddress, isDeposit: random.below(2) === 0, usd: usd + 1 };
  }

  private trade(account: number): Plain {
    const { random } = this;
    const [a, near, most, decimals] = random.pick(COINS);
    const b = random.below(2) === 0;
    const p = String(b ? Math.ceil(near * 1.02) : Math.floor(near * 0.98));
    const s = ((most * (1 + random.below(10))) / 10).toFixed(decimals).replace(/\.?0+$/, '');
    const order = { a, b, p, s, r: false, t: { limit: { tif: random.pick(['Ioc', 'Gtc']) } } };
    const action = { type: 'order', orders: [order], grouping: 'na', builder: { b: BUILDER, f: random.below(50) } };
    const own = [...this.subs.filter(({ master }) => master === account), ...this.vaults.filter(({ leader }) => leader === account)];
    const actFor = random.pick([addressOf(account), ...own.map(({ address }) => address)]);
    return actFor === addressOf(account) ? plain(action) : { kind: 'plain', action: { ...action, builder: null }, actFor };
  }

  private anyone(): Address {
    return this.random.pick([
      addressOf(1),
      ...Array.from({ length: ACCOUNTS + 1 }, (_, at) => addressOf(at + 2)),
      ...this.subs.map(({ address }) => address),
    ]);
  }

  private amount(): string {
    return `${this.random.below(2_000)}.${1 + this.random.below(999)}`;
  }
}

const wallet = (action: Signed['action']): Signed => ({ kind: 'wallet', action });
const plain = (action: Json): Plain => ({ kind: 'plain', action });

describe('every token', () => {
  it('moves by every action of this traffic', () => {
    const traffic = new Traffic(1);
    for (let done = 0; done < 600; done += 1) traffic.step();
    expect([...traffic.accepted.keys()].sort()).toEqual([...ACTIONS].sort());
    expect(traffic.bed.world.stats().fills).toBeGreaterThan(10);
    conserved(traffic.bed);
  }, 60_000);

  it('is conserved under any traffic of accounts, sub-accounts and vaults', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const traffic = new Traffic(seed);
        for (let done = 0; done < 250; done += 1) {
          traffic.step();
          if (done % 50 === 49) conserved(traffic.bed);
        }
      }),
      { numRuns: 10 },
    );
  }, 60_000);
});
