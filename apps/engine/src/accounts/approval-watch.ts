import { formatMoney, money, type Timer, UNIT } from '@lockstep/kernel';
import type { AccountResult, AgentStatus } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { AccountRecord } from '../state/registry';
import { type AgentStanding, listedAgent, standingByTime } from './agent-standing';
import { putSigner, takeAgentStanding, takeBuilderApproval, writeAgentStanding, writeBuilderApproval } from './write-approvals';

/** Wait between two looks, in ms. */
const LOOK_MS = 1_000;
/** Reads that may be saved up while there is nothing to ask. */
const SAVED_MAX = 2;
const READS_PER_CHECK_MS = 60_000;
/** Perp value the venue demands of a builder (facts §12). */
const BUILDER_VALUE_MIN = money(100n * UNIT);

/** Agents that were approved once; what an activation is still working on is left to it. */
const WATCHED: ReadonlySet<AgentStatus> = new Set<AgentStatus>(['approved', 'expiring', 'expired', 'removed']);

type BuilderWarning = AccountResult['builderWarning'];

/**
 * Watches what accounts' wallets approved: how their agents stand, by their end at every look and by the venue's list in turns, and the builder fees. Refusals
 * that put an approval in doubt come first. The reads stay inside `approvalReadsPerMinute` of each network, however many accounts there are.
 */
export class ApprovalWatch {
  private timer: Timer | null = null;
  private looking: Promise<void> | null = null;
  private readonly saved = new Map<Network, { reads: number; at: number }>();
  private readonly turns = new Map<Network, number>();
  private readonly builders = new Map<string, { readonly warning: BuilderWarning; readonly at: number }>();
  /** Accounts of which something stands in memory and is still to be written. */
  private readonly unwritten = { agents: new Set<AccountRecord>(), builders: new Set<AccountRecord>() };

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
  ) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(LOOK_MS, () => {
      this.paceExits();
      void this.look();
    });
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    await this.looking;
  }

  /** Exits of accounts whose agent is gone are tried now and then; whose turn it is, changes every second. */
  paceExits(): void {
    for (const account of this.ctx.registry.accounts())
      if (account.agentStatus === 'removed' || account.agentStatus === 'expired') putSigner(this.ctx, account);
  }

  /** One look at all accounts: their ends, and as many questions as the budget allows. A call during a look joins it. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce()
      .catch((failure: unknown) => this.ctx.log.error('approvals could not be looked at', { error: failure }))
      .finally(() => {
        this.looking = null;
      });
    return this.looking;
  }

  /** Why the venue may not pay a builder, as far as it can be told; asked for once in `builderStandingMaxAgeMs`. */
  async builderWarning(network: Network, builder: string): Promise<BuilderWarning> {
    const key = `${network.venueName}|${network.name}|${builder}`;
    const known = this.builders.get(key);
    const now = this.ctx.clock.now();
    if (known !== undefined && now - known.at < this.ctx.limits.builderStandingMaxAgeMs) return known.warning;
    const standing = await network.venue.accounts?.builderStanding(builder);
    if (standing === undefined || !standing.ok) return known?.warning ?? null;
    const { standardMode, accountValue } = standing.value;
    const warning = !standardMode ? 'not_standard_mode' : accountValue < BUILDER_VALUE_MIN ? 'below_minimum_value' : null;
    if (warning !== null)
      this.ctx.log.warn('the venue may not pay a builder', { network: network.name, builder, warning, value: formatMoney(accountValue) });
    this.builders.set(key, { warning, at: now });
    return warning;
  }

  private async lookOnce(): Promise<void> {
    const networks = new Set<Network>();
    const ended: AccountRecord[] = [];
    for (const account of this.ctx.registry.accounts()) {
      if (!isWatched(account)) continue;
      networks.add(account.network);
      if (account.agentStatus !== 'removed' && this.standingOf(account) !== account.agentStatus) ended.push(account);
    }
    // An agent whose end came near, or came, is told without asking anybody.
    for (const account of ended) this.takeStanding(account, this.standingOf(account), account.agentValidUntil);
    await this.writeDown();
    for (const network of networks) await this.ask(network);
  }

  private takeStanding(account: AccountRecord, standing: AgentStanding, validUntil: number): void {
    takeAgentStanding(this.ctx, account, standing, validUntil);
    this.unwritten.agents.add(account);
  }

  /** Writes what stands in memory alone; what cannot be written is tried again at the next look, for nothing else would tell it. */
  private async writeDown(): Promise<void> {
    const { agents, builders } = this.unwritten;
    for (const account of [...agents]) await this.tryToWrite(account, agents, writeAgentStanding);
    for (const account of [...builders]) await this.tryToWrite(account, builders, writeBuilderApproval);
  }

  private async tryToWrite(account: AccountRecord, unwritten: Set<AccountRecord>, write: typeof writeAgentStanding): Promise<void> {
    try {
      await write(this.ctx, this.books, account);
      unwritten.delete(account);
    } catch (failure) {
      this.ctx.log.error('how an approval stands could not be written', { venueAccountNo: account.no, error: failure });
    }
  }

  private standingOf({ agentValidUntil }: AccountRecord): AgentStanding {
    return standingByTime(agentValidUntil, this.ctx.clock.now(), this.ctx.limits.agentExpiringMs);
  }

  private async ask(network: Network): Promise<void> {
    const { doubts } = this.ctx;
    while (this.mayRead(network)) {
      const doubtedBuilder = first(doubts.builders, network);
      const doubtedAgent = first(doubts.agents, network);
      if (doubtedBuilder !== null) await this.askBuilder(doubtedBuilder);
      else if (doubtedAgent !== null) await this.askAgent(doubtedAgent, true);
      else await this.askInTurn(network);
    }
  }

  private async askInTurn(network: Network): Promise<void> {
    const accounts = this.ctx.registry.accounts().filter((account) => account.network === network && isWatched(account));
    const turn = (this.turns.get(network) ?? -1) + 1;
    this.turns.set(network, turn);
    const account = accounts[Math.floor(turn / 2) % accounts.length];
    if (account === undefined) return;
    if (turn % 2 === 0) await this.askAgent(account, false);
    else await this.askBuilder(account);
  }

  /**
   * The venue's list names a named agent with its end. One it does not name is unnamed, or gone: it proves itself by an action that does nothing, which is asked
   * for only where the list named it before or an order was refused for it.
   */
  private async askAgent(account: AccountRecord, doubted: boolean): Promise<void> {
    const { ctx } = this;
    ctx.doubts.agents.delete(account);
    const { agentAddress, signer } = account;
    const agents = await account.network.venue.truth.agents(account.wallet);
    if (!agents.ok) {
      if (doubted) ctx.doubts.agents.add(account);
      return;
    }
    // A renewal took over while the venue was asked: the answer is about another agent.
    if (account.agentAddress !== agentAddress) return;
    const listed = listedAgent(agents.value, agentAddress);
    if (listed.kind === 'listed') return this.takeListed(account, listed.validUntil);
    if (account.agentValidUntil === 0 && !doubted) return;
    const proof = await account.network.venue.orders.noop(signer, ctx.nonces.next(signer, ctx.clock.now()));
    if (account.agentAddress !== agentAddress) return;
    if (proof.kind === 'rejected' && proof.code === 'unknown_signer') {
      const ended = this.standingOf(account) === 'expired';
      if (ended || account.agentStatus === 'removed') return;
      this.takeStanding(account, 'removed', account.agentValidUntil);
      await this.writeDown();
    } else if (proof.kind !== 'accepted' && doubted) ctx.doubts.agents.add(account);
  }

  private async takeListed(account: AccountRecord, validUntil: number): Promise<void> {
    const standing = standingByTime(validUntil, this.ctx.clock.now(), this.ctx.limits.agentExpiringMs);
    if (standing === account.agentStatus && validUntil === account.agentValidUntil) return;
    this.takeStanding(account, standing, validUntil);
    await this.writeDown();
  }

  private async askBuilder(account: AccountRecord): Promise<void> {
    const doubted = this.ctx.doubts.builders.delete(account);
    const { builderAddress } = account;
    if (builderAddress === null) return;
    const approved = await account.network.venue.truth.builderApproval(account.wallet, builderAddress);
    if (!approved.ok) {
      if (doubted) this.ctx.doubts.builders.add(account);
      return;
    }
    if (account.builderAddress !== builderAddress) return;
    if (doubted || approved.value !== account.builderFeeApproved) await this.takeBuilder(account, approved.value);
    await this.builderWarning(account.network, builderAddress);
  }

  /** What could not be put on the copies is asked about again before its turn: memory has it, so that no turn would find it changed. */
  private async takeBuilder(account: AccountRecord, approvedTenths: number): Promise<void> {
    if (account.builderFeeApproved !== approvedTenths) this.unwritten.builders.add(account);
    try {
      await takeBuilderApproval(this.ctx, account, approvedTenths);
    } catch (failure) {
      this.ctx.doubts.builders.add(account);
      throw failure;
    }
    await this.writeDown();
  }

  /** Takes one read out of the network's budget; false when none is left. */
  private mayRead(network: Network): boolean {
    const now = this.ctx.clock.monotonic();
    const saved = this.saved.get(network) ?? { reads: SAVED_MAX, at: now };
    this.saved.set(network, saved);
    saved.reads = Math.min(SAVED_MAX, saved.reads + ((now - saved.at) * this.ctx.limits.approvalReadsPerMinute) / READS_PER_CHECK_MS);
    saved.at = now;
    if (saved.reads < 1 || this.ctx.sending.busy) return false;
    saved.reads -= 1;
    return true;
  }
}

const isWatched = ({ signs, agentStatus }: AccountRecord): boolean => signs && WATCHED.has(agentStatus);

function first(accounts: ReadonlySet<AccountRecord>, network: Network): AccountRecord | null {
  for (const account of accounts) if (account.network === network) return account;
  return null;
}
