import { type EpochMs, type Money, money, type TenantScope } from '@lockstep/kernel';
import { chain, isBalanced, type LedgerTransaction } from '@lockstep/ledger';
import {
  type CommandRow,
  type CopyConsentRow,
  type CopyRow,
  type CopySettingsRow,
  type EngineRecords,
  type EntitlementRow,
  type FeeScheduleRow,
  type FillRow,
  type FollowerRow,
  type JournalRow,
  type LeaderRow,
  type LeaderTermsRow,
  type NewCommand,
  type NewEvent,
  type NewRow,
  type OrderRow,
  type PlatformFlagRow,
  type ProposalRow,
  type RiskLimitsRow,
  type SetLimits,
  type SpareAgentRow,
  type StopsInForce,
  sha256Hex,
  type TurnedBy,
  type VenueAccountRow,
} from '@lockstep/storage';
import type { PlatformData, ScopeData } from './data';
import { holdLimits, noLimits, putLimits } from './limits';
import { memoryRecords, oneCopyEach } from './records';
import { asJson, byValue, changeIn, findIn, handedOut, type Table } from './table';
import type { Undo } from './transaction';

type NewJournalRow = Omit<NewRow<JournalRow>, 'createdAt' | 'writtenAt' | 'completedAt'>;
type Generated = 'no';

/** Fields of an order an outcome may change. */
const OUTCOME_FIELDS = ['status', 'filledSize', 'avgPrice', 'venueOrderId', 'rejectCode', 'reason', 'm3', 'm4', 'updatedAt'] as const;

/**
 * A transaction inside a scope, in memory: what the engine asks of one, and what whoever plays a tenant writes as the gateway does. There are tens of thousands
 * of them in a run and each needs little, so each part is made when it is asked for.
 */
export class MemoryScopedUnit {
  private made: EngineRecords | null = null;

  constructor(
    private readonly platform: PlatformData,
    private readonly data: ScopeData,
    private readonly undo: Undo,
    readonly now: EpochMs,
  ) {}

  get records(): EngineRecords {
    this.made ??= memoryRecords(this.data, this.undo, this.now);
    return this.made;
  }

  get scope(): TenantScope {
    return this.data.scope;
  }

  get leaders() {
    return {
      find: async (where: Partial<NewRow<LeaderRow>>) => handedOut(findIn(this.data.leaders, where)),
      findOne: async (where: Partial<NewRow<LeaderRow>>) => handedOut(findIn(this.data.leaders, where, { limit: 1 }))[0] ?? null,
      insert: async (row: NewRow<LeaderRow, Generated>): Promise<void> =>
        this.data.leaders.insert(this.undo, row.id, { ...byValue(row), ...this.own, no: this.platform.next('leader') }),
      update: async (where: Partial<NewRow<LeaderRow>>, change: Partial<NewRow<LeaderRow>>) => this.change(this.data.leaders, where, change),
    };
  }

  get entitlements() {
    return {
      findOne: async (where: Partial<NewRow<EntitlementRow>>) => handedOut(findIn(this.data.entitlements, where, { limit: 1 }))[0] ?? null,
      granted: async () =>
        handedOut(this.data.entitlements.filter(({ revokedAt }) => revokedAt === null)).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
      insert: async (row: NewRow<EntitlementRow>): Promise<void> => {
        const { leaderId, followerId } = row;
        if (!this.data.leaders.has(leaderId) || !this.data.followers.has(followerId))
          this.undo.refuse(`entitlements: ${row.id} names a row that is not there`);
        if (findIn(this.data.entitlements, { leaderId, followerId }).length > 0)
          this.undo.refuse(`entitlements: ${leaderId} ${followerId} stands already`);
        this.data.entitlements.insert(this.undo, row.id, { ...byValue(row), ...this.own });
      },
      update: async (where: Partial<NewRow<EntitlementRow>>, change: Partial<NewRow<EntitlementRow>>) =>
        this.change(this.data.entitlements, where, change),
    };
  }

  get leaderTerms() {
    const { leaderTerms } = this.data;
    const byVersion = (a: LeaderTermsRow, b: LeaderTermsRow) => (a.leaderId < b.leaderId ? -1 : a.leaderId > b.leaderId ? 1 : a.version - b.version);
    return {
      all: async () => handedOut([...leaderTerms.all()]).sort(byVersion),
      of: async (leaderIds: readonly string[]) => handedOut(leaderTerms.filter(({ leaderId }) => leaderIds.includes(leaderId))).sort(byVersion),
      insert: async (row: NewRow<LeaderTermsRow>): Promise<void> => {
        if (!this.data.leaders.has(row.leaderId)) this.undo.refuse(`leader_terms: no leader ${row.leaderId}`);
        leaderTerms.insert(this.undo, `${row.leaderId}|${row.version}`, { ...byValue(row), ...this.own });
      },
    };
  }

  get copyConsents() {
    return {
      insert: async (row: NewRow<CopyConsentRow>): Promise<void> => {
        const { copyId, leaderId, version } = row;
        if (!this.data.copies.has(copyId) || !this.data.leaderTerms.has(`${leaderId}|${version}`))
          this.undo.refuse(`copy_consents: ${copyId} ${version} names a row that is not there`);
        this.data.consents.insert(this.undo, `${copyId}|${version}`, { ...byValue(row), ...this.own });
      },
    };
  }

  get followers() {
    return {
      insert: async (row: NewRow<FollowerRow>): Promise<void> => this.data.followers.insert(this.undo, row.id, { ...row, ...this.own }),
    };
  }

  get venueAccounts() {
    return {
      findOne: async (where: Partial<NewRow<VenueAccountRow>>) => handedOut(findIn(this.data.venueAccounts, where, { limit: 1 }))[0] ?? null,
      loadable: async () =>
        handedOut(this.data.venueAccounts.filter(({ status }) => status === 'pending' || status === 'active').sort((a, b) => Number(a.no - b.no))),
      insert: async (row: NewRow<VenueAccountRow, Generated>): Promise<void> => {
        const { venue, network, address } = row;
        if (!this.data.followers.has(row.followerId)) this.undo.refuse(`venue_accounts: no follower ${row.followerId}`);
        if (findIn(this.data.venueAccounts, { venue, network, address }).length > 0) this.undo.refuse(`venue_accounts: ${address} stands already`);
        this.data.venueAccounts.insert(this.undo, row.id, { ...byValue(row), ...this.own, no: this.platform.next('account') });
      },
      update: async (where: Partial<NewRow<VenueAccountRow>>, change: Partial<NewRow<VenueAccountRow>>) =>
        this.change(this.data.venueAccounts, where, change),
    };
  }

  get spareAgents() {
    return {
      findOne: async (where: Partial<NewRow<SpareAgentRow>>) => handedOut(findIn(this.data.spareAgents, where, { limit: 1 }))[0] ?? null,
      former: async () => new Map(handedOut(findIn(this.data.spareAgents, { role: 'former' as const })).map((row) => [row.venueAccountId, row])),
      put: async (row: NewRow<SpareAgentRow>): Promise<void> => {
        if (!this.data.venueAccounts.has(row.venueAccountId)) this.undo.refuse(`spare_agents: no venue account ${row.venueAccountId}`);
        this.data.spareAgents.put(this.undo, `${row.venueAccountId}|${row.role}`, { ...byValue(row), ...this.own });
      },
      drop: async (venueAccountId: string, role: SpareAgentRow['role']): Promise<void> =>
        this.data.spareAgents.delete(this.undo, `${venueAccountId}|${role}`),
    };
  }

  get copies() {
    return {
      findOne: async (where: Partial<NewRow<CopyRow>>) => findIn(this.data.copies, where, { limit: 1 })[0] ?? null,
      runningOn: async (venueAccountId: string) =>
        this.data.copiesByAccount
          .of(venueAccountId)
          .filter(({ state }) => state !== 'stopped')
          .sort((a, b) => Number(a.no - b.no)),
      insert: async (row: NewRow<CopyRow, Generated>): Promise<void> => {
        const { leaders, followers, venueAccounts } = this.data;
        if (!leaders.has(row.leaderId) || !followers.has(row.followerId) || !venueAccounts.has(row.venueAccountId))
          this.undo.refuse(`copies: ${row.id} names a row that is not there`);
        oneCopyEach(this.data, this.undo, row);
        this.data.copies.insert(this.undo, row.id, { ...row, ...this.own, no: this.platform.next('copy') });
      },
      update: async (where: Partial<NewRow<CopyRow>>, change: Partial<NewRow<CopyRow>>) => {
        for (const row of findIn(this.data.copies, where)) oneCopyEach(this.data, this.undo, { ...row, ...byValue(change) });
        return this.change(this.data.copies, where, change);
      },
      addSettings: async (row: NewRow<CopySettingsRow>): Promise<void> => {
        if (!this.data.copies.has(row.copyId)) this.undo.refuse(`copy_settings: no copy ${row.copyId}`);
        this.data.settings.insert(this.undo, `${row.copyId}|${row.version}`, { ...byValue(row), ...this.own });
      },
      settings: async (copyId: string, version: number) => {
        const row = this.data.settings.get(`${copyId}|${version}`);
        return row === undefined ? null : byValue(row);
      },
    };
  }

  get riskLimits() {
    return {
      all: async () => handedOut(findIn(this.data.riskLimits, {}, { orderBy: { targetId: 'ASC' } })),
      findOne: async (where: Partial<NewRow<RiskLimitsRow>>) => handedOut(findIn(this.data.riskLimits, where, { limit: 1 }))[0] ?? null,
      hold: async (targetId: string): Promise<unknown> =>
        holdLimits(this.data.riskLimits, this.undo, { ...noLimits(targetId, this.now), ...this.own }),
      put: async (targetId: string, set: SetLimits): Promise<void> => putLimits(this.data.riskLimits, this.undo, targetId, set, this.now),
    };
  }

  get commands() {
    return {
      append: async (command: NewCommand): Promise<bigint> => {
        const before = this.data.topCommand;
        const no = before + 1n;
        this.undo.add(() => {
          this.data.topCommand = before;
        });
        this.data.topCommand = no;
        const row: CommandRow = {
          ...byValue(command),
          ...this.own,
          no,
          status: 'pending',
          result: null,
          createdAt: this.now,
          begunAt: null,
          appliedAt: null,
        };
        this.data.commands.insert(this.undo, no.toString(), row);
        return no;
      },
      pending: async (limit: number, after = 0n) =>
        handedOut(
          this.data.pendingCommands
            .of('pending')
            .filter(({ no }) => no > after)
            .sort((a, b) => Number(a.no - b.no))
            .slice(0, limit),
        ),
      noteBegun: async (no: bigint): Promise<void> => {
        const row = this.data.commands.get(no.toString());
        if (row?.status === 'pending') this.data.commands.put(this.undo, no.toString(), { ...row, begunAt: this.now });
      },
      begunSince: async (kind: string, targetId: string, at: EpochMs): Promise<boolean> =>
        findIn(this.data.commands, { kind, targetId }).some(({ begunAt }) => begunAt !== null && begunAt >= at),
      settle: async (no: bigint, status: 'applied' | 'refused', result: unknown): Promise<boolean> => {
        const row = this.data.commands.get(no.toString());
        if (row?.status !== 'pending') return false;
        this.data.commands.put(this.undo, no.toString(), { ...row, status, result: asJson(result), appliedAt: this.now });
        return true;
      },
    };
  }

  get killSwitches() {
    return {
      inForce: async (): Promise<StopsInForce> => {
        const { tenantId, environment } = this.scope;
        const binds = (flag: PlatformFlagRow) =>
          flag.tenantId === null || (flag.tenantId === tenantId && (flag.environment === environment || flag.environment === null));
        const names = this.platform.flags.filter((flag) => flag.active && binds(flag)).map(({ name }) => name);
        return { names: names.sort(), suspended: this.platform.tenants.get(tenantId)?.status === 'suspended' };
      },
      turn: async (name: string, active: boolean, by: TurnedBy): Promise<boolean> => {
        const before = this.platform.flags.get(name);
        const { tenantId, environment } = this.scope;
        if (before !== undefined && (before.tenantId !== tenantId || before.environment !== environment)) return false;
        if ((before?.active ?? false) === active) return false;
        this.platform.flags.put(this.undo, name, { name, tenantId, environment, active, actor: by.actor, reason: by.reason, updatedAt: this.now });
        return true;
      },
    };
  }

  get feeSchedules() {
    return {
      versions: async () => findIn(this.data.feeSchedules, {}, { orderBy: { version: 'ASC' } }),
      insert: async (row: NewRow<FeeScheduleRow>): Promise<void> =>
        this.data.feeSchedules.insert(this.undo, String(row.version), { ...row, ...this.own }),
    };
  }

  get proposals() {
    return {
      find: async (where: Partial<NewRow<ProposalRow>>) => handedOut(findIn(this.data.proposals, where)),
      findOne: async (where: Partial<NewRow<ProposalRow>>) => handedOut(findIn(this.data.proposals, where, { limit: 1 }))[0] ?? null,
    };
  }

  get journal() {
    return {
      insertAll: async (rows: readonly NewJournalRow[]): Promise<number> => {
        let written = 0;
        for (const row of rows) {
          const key = `${row.moveId}|${row.shard}|${row.part}`;
          if (this.data.journal.has(key)) continue;
          this.data.journal.insert(this.undo, key, { ...byValue(row), ...this.own, createdAt: this.now, writtenAt: null, completedAt: null });
          written += 1;
        }
        return written;
      },
      unfinished: async (shard: number, limit: number) =>
        handedOut(
          this.data.journal
            .filter((row) => row.shard === shard && row.completedAt === null)
            .sort(byWave)
            .slice(0, limit),
        ),
      ofMoves: async (shard: number, moveIds: readonly bigint[]) => {
        return handedOut(this.journalOf(shard, moveIds).sort(byWave));
      },
      markWritten: async (shard: number, moveIds: readonly bigint[]): Promise<ReadonlySet<bigint>> => {
        const rows = this.journalOf(shard, moveIds).filter(({ writtenAt }) => writtenAt === null);
        for (const row of rows) this.data.journal.put(this.undo, `${row.moveId}|${row.shard}|${row.part}`, { ...row, writtenAt: this.now });
        return new Set(rows.map(({ moveId }) => moveId));
      },
    };
  }

  get orders() {
    return {
      save: async (rows: readonly NewRow<OrderRow>[]): Promise<void> => {
        this.undo.refuseTwice(
          'orders',
          rows.map(({ id }) => id),
        );
        for (const row of rows) {
          const known = this.data.orders.get(row.id);
          if (known === undefined) this.data.orders.insert(this.undo, row.id, { ...row, ...this.own });
          else this.data.orders.put(this.undo, row.id, { ...known, ...pick(row, OUTCOME_FIELDS) });
        }
      },
    };
  }

  get fills() {
    return {
      insert: async (rows: readonly NewRow<FillRow>[]): Promise<ReadonlySet<string>> => {
        const fresh = new Set<string>();
        for (const row of rows) {
          if (this.data.fills.has(row.id)) continue;
          this.data.fills.insert(this.undo, row.id, { ...row, ...this.own });
          fresh.add(row.id);
          this.noteFill(row.orderId, row.id);
        }
        return fresh;
      },
    };
  }

  get positions() {
    return {
      ofCopies: async (copyNo: bigint) => {
        const no = Number(copyNo);
        return this.data.positions.filter((state) => state.copyNo === no);
      },
    };
  }

  get events() {
    return {
      append: async (events: readonly NewEvent[]) => {
        if (events.length === 0) return null;
        const { events: all } = this.data;
        const firstSeq = BigInt(all.length) + 1n;
        const length = all.length;
        this.undo.add(() => {
          all.length = length;
        });
        events.forEach((event, index) => {
          const data = typeof event.data === 'string' ? event.data : JSON.stringify(event.data);
          all.push({ ...event, ...this.own, data, epoch: EPOCH, seq: firstSeq + BigInt(index), createdAt: this.now });
        });
        return { epoch: EPOCH, firstSeq, lastSeq: BigInt(all.length) };
      },
    };
  }

  get ledger() {
    return {
      post: async (transactions: readonly LedgerTransaction[]) => {
        const { transactions: booked } = this.data;
        const seen = new Set<string>();
        const fresh = transactions.filter(({ source }) => {
          const known = booked.has(source) || seen.has(source);
          seen.add(source);
          return !known;
        });
        for (const { source, entries } of fresh)
          if (entries.length < 2 || !isBalanced(entries)) this.undo.refuse(`ledger: ${source} is not balanced`);
        const before = this.data.topHash;
        const linked = chain(before, BigInt(booked.size), fresh, sha256Hex);
        this.undo.add(() => {
          this.data.topHash = before;
        });
        this.data.topHash = linked.at(-1)?.hash ?? before;
        for (const link of linked) booked.insert(this.undo, link.transaction.source, { ...link, postedAt: this.now });
        return { posted: fresh.length, known: transactions.length - fresh.length, topSeq: BigInt(booked.size) };
      },
      postedSources: async (sources: readonly string[]): Promise<ReadonlySet<string>> =>
        new Set(sources.filter((source) => this.data.transactions.has(source))),
      sumOfCopy: async (copyId: string, account: string, asset: string): Promise<Money> => {
        let sum = 0n;
        for (const { transaction } of this.data.transactionsByCopy.of(copyId))
          for (const entry of transaction.entries) if (entry.account === account && entry.asset === asset) sum += entry.amount;
        return money(sum);
      },
    };
  }

  private get own(): { readonly tenantId: TenantScope['tenantId']; readonly environment: TenantScope['environment'] } {
    const { tenantId, environment } = this.data.scope;
    return { tenantId, environment };
  }

  private journalOf(shard: number, moveIds: readonly bigint[]): JournalRow[] {
    return [...new Set(moveIds)].flatMap((id) => this.data.journalByMove.of(id)).filter((row) => row.shard === shard);
  }

  private noteFill(orderId: string | null, fillId: string): void {
    if (orderId === null) return;
    const ids = this.data.fillsOfOrder.get(orderId) ?? [];
    ids.push(fillId);
    this.data.fillsOfOrder.set(orderId, ids);
    this.undo.add(() => ids.splice(ids.indexOf(fillId), 1));
  }

  private change<Row extends { readonly id: string }>(table: Table<Row>, where: Partial<Row>, change: Partial<Row>): number {
    return changeIn(table, this.undo, where, change);
  }
}

const EPOCH = 'memory';
const byWave = (a: JournalRow, b: JournalRow): number => Number(a.moveId - b.moveId) || a.part - b.part;

function pick<Row extends object, K extends keyof Row>(row: Row, fields: readonly K[]): Partial<Row> {
  const picked: Partial<Row> = {};
  for (const field of fields) picked[field] = row[field];
  return picked;
}
