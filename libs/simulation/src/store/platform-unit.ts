import { type EpochMs, err, must, ok, type TenantId } from '@lockstep/kernel';
import type {
  LeaderFillRow,
  LeaderSightRow,
  MoveRow,
  MoveStatus,
  NewMove,
  PlatformFlagRow,
  SetLimits,
  TenantRow,
  TurnedBy,
  VenueNetworkRow,
  WatchedAccountRow,
} from '@lockstep/storage';
import type { PlatformData } from './data';
import { holdLimits, noLimits, putLimits } from './limits';
import { asJson, byValue, changeIn, findIn, handedOut } from './table';
import type { Undo } from './transaction';

const INSTANCE_MAX = 65_535;

const UNOWNED = { ownerTenantId: null, clockFrozen: false, clockRealAt: null, clockBusinessAt: null, closedAt: null } as const;

/** A transaction on platform tables, in memory: what the engine asks of one, and what whoever plays the platform writes. */
export class MemoryPlatformUnit {
  constructor(
    private readonly data: PlatformData,
    private readonly undo: Undo,
    readonly now: EpochMs,
  ) {}

  get waveNumbers() {
    return { next: async (): Promise<number> => Number(this.data.next('move')) };
  }

  get tenants() {
    return {
      open: async (): Promise<readonly TenantRow[]> =>
        this.data.tenants.filter(({ status }) => status !== 'closed').sort((a, b) => (a.id < b.id ? -1 : 1)),
      insert: async (row: TenantRow): Promise<void> => {
        if (!this.data.tiers.has(row.tier)) this.undo.refuse(`tenants: no tier ${row.tier}`);
        this.data.tenants.insert(this.undo, row.id, byValue(row));
      },
      findOne: async (where: Partial<TenantRow>) => handedOut(findIn(this.data.tenants, where, { limit: 1 }))[0] ?? null,
      update: async (where: Partial<TenantRow>, change: Partial<TenantRow>) => changeIn(this.data.tenants, this.undo, where, change),
      putTier: async (name: string): Promise<void> => this.data.tiers.put(this.undo, name, { name }),
    };
  }

  get limits() {
    return {
      all: async () => handedOut(findIn(this.data.limits, {}, { orderBy: { targetId: 'ASC' } })),
      hold: async (targetId: string): Promise<unknown> => holdLimits(this.data.limits, this.undo, noLimits(targetId, this.now)),
      put: async (targetId: string, set: SetLimits): Promise<void> => putLimits(this.data.limits, this.undo, targetId, set, this.now),
    };
  }

  /** What the engine only writes is not kept; that it stands on rows which are there is checked. */
  get detection() {
    return {
      putSights: async (sights: readonly LeaderSightRow[]): Promise<void> => {
        for (const { watchedNo } of sights) if (this.watchedRow(watchedNo) === undefined) this.undo.refuse(`leader_sights: no account ${watchedNo}`);
      },
      putStanding: async (venue: string, network: string, _standing: unknown): Promise<void> => this.networkKnown(venue, network),
    };
  }

  get markets() {
    return {
      networks: {
        find: async (where: Partial<VenueNetworkRow>) => findIn(this.data.networks, where),
        findOne: async (where: Partial<VenueNetworkRow>) => findIn(this.data.networks, where, { limit: 1 })[0] ?? null,
      },
      /** Nobody owns a network here: worlds of tenants' own are opened by the back office, which a simulated run has not. */
      owned: async () => this.data.networks.filter(({ ownerTenantId }) => ownerTenantId !== null),
      putNetwork: async (network: Pick<VenueNetworkRow, 'venue' | 'network' | 'environment' | 'url'>): Promise<void> => {
        const key = `${network.venue}|${network.network}`;
        const before = this.data.networks.get(key);
        this.data.networks.put(this.undo, key, { ...network, ...UNOWNED, createdAt: before?.createdAt ?? this.now });
      },
      putEgress: async (venue: string, network: string, _standing: unknown): Promise<void> => this.networkKnown(venue, network),
      dropEgress: async (): Promise<void> => undefined,
      instruments: async (venue: string, network: string) => findIn(this.data.instruments, { venue, network }, { orderBy: { coin: 'ASC' } }),
      putInstruments: async (rows: Parameters<PlatformMarkets['putInstruments']>[0]): Promise<void> => {
        this.undo.refuseTwice(
          'instruments',
          rows.map(({ venue, network, coin }) => `${venue}|${network}|${coin}`),
        );
        for (const row of rows) this.data.instruments.put(this.undo, `${row.venue}|${row.network}|${row.coin}`, { ...row, updatedAt: this.now });
      },
    };
  }

  get engines() {
    return {
      claimInstance: async (label: string, silentMs: number) => {
        const top = Math.max(0, ...[...this.data.instances.all()].map(({ no }) => no));
        const silent = this.data.instances
          .filter(({ stoppedAt, heartbeatAt }) => stoppedAt !== null || heartbeatAt < this.now - silentMs)
          .sort((a, b) => a.heartbeatAt - b.heartbeatAt);
        const no = top < INSTANCE_MAX ? top + 1 : silent[0]?.no;
        if (no === undefined) return err('no_instance_free' as const);
        const row = { no, label, startedAt: this.now, heartbeatAt: this.now, stoppedAt: null, term: this.data.term() + 1 };
        this.data.instances.put(this.undo, String(no), row);
        return ok(row);
      },
      heartbeat: async (no: number): Promise<void> => this.changeInstance(no, { heartbeatAt: this.now }),
      stopped: async (no: number): Promise<void> => this.changeInstance(no, { stoppedAt: this.now }),
      dailySeed: async (day: string, made: { readonly commitment: Buffer; readonly seed: Buffer }) => {
        const known = this.data.seeds.get(day);
        if (known !== undefined) return byValue(known);
        const row = byValue({ day, ...made, revealedAt: null });
        this.data.seeds.insert(this.undo, day, row);
        return byValue(row);
      },
      activeFlags: async (): Promise<readonly PlatformFlagRow[]> =>
        this.data.flags.filter(({ active }) => active).sort((a, b) => a.updatedAt - b.updatedAt || (a.name < b.name ? -1 : 1)),
      setFlag: async (name: string, active: boolean, by: TurnedBy & { readonly tenantId: TenantId | null }): Promise<boolean> => {
        const before = this.data.flags.get(name);
        if ((before?.active ?? false) === active) return false;
        const { actor, reason, tenantId } = by;
        const row = {
          name,
          tenantId: before === undefined ? tenantId : before.tenantId,
          environment: before?.environment ?? null,
          active,
          actor,
          reason,
          updatedAt: this.now,
        };
        this.data.flags.put(this.undo, name, row);
        return true;
      },
    };
  }

  get inbox() {
    return {
      watch: async (venue: string, network: string, address: string): Promise<WatchedAccountRow> => {
        const key = `${venue}|${network}|${address}`;
        const known = this.data.watched.get(key);
        if (known !== undefined) return known;
        const no = this.data.next('watched');
        const row = { no, venue, network, address, topMoveSeq: 0n, historyFromMs: null, createdAt: this.now };
        this.data.watched.insert(this.undo, key, row);
        return row;
      },
      watched: async (): Promise<readonly WatchedAccountRow[]> => [...this.data.watched.all()].sort((a, b) => Number(a.no - b.no)),
      begin: async (watchedNo: bigint, historyFromMs: number): Promise<void> => {
        const row = this.watchedRow(watchedNo);
        if (row !== undefined && row.historyFromMs === null) this.putWatched({ ...row, historyFromMs: Math.floor(historyFromMs) });
      },
      insertFills: async (watchedNo: bigint, fills: readonly Omit<LeaderFillRow, 'watchedNo'>[]) => {
        if (fills.length > 0 && this.watchedRow(watchedNo) === undefined) this.undo.refuse(`leader_fills: no account ${watchedNo}`);
        const fresh: Omit<LeaderFillRow, 'watchedNo'>[] = [];
        for (const fill of onceEach(fills)) {
          const key = `${watchedNo}|${fill.coin}|${fill.timeMs}|${fill.tid}`;
          const known = this.data.leaderFills.get(key);
          if (known === undefined) {
            this.data.leaderFills.insert(this.undo, key, { ...fill, watchedNo });
            fresh.push(fill);
          } else if (known.provisional && !fill.provisional) this.data.leaderFills.put(this.undo, key, { ...known, ...orderPart(fill) });
        }
        return fresh.map(({ coin, timeMs, tid }) => ({ coin, timeMs, tid }));
      },
      recordMoves: async (watchedNo: bigint, moves: readonly NewMove[]) => {
        const row = this.watchedRow(watchedNo);
        must(row !== undefined, 'the watched account');
        let seq = row.topMoveSeq;
        const written: MoveRow[] = [];
        for (const move of moves) {
          const key = `${watchedNo}|${move.coin}|${move.venueKey}`;
          if (this.data.moves.has(key)) continue;
          seq += 1n;
          const made: MoveRow = { ...byValue(move), id: this.data.next('move'), watchedNo, seq, status: 'recorded', createdAt: this.now };
          this.data.moves.insert(this.undo, key, made);
          written.push(byValue(made));
        }
        if (written.length > 0) this.putWatched({ ...row, topMoveSeq: seq });
        return { moves: written };
      },
      openMoves: async (limit: number): Promise<readonly MoveRow[]> =>
        handedOut(
          this.data.moves
            .filter(({ status }) => status === 'recorded' || status === 'planned')
            .sort((a, b) => Number(a.id - b.id))
            .slice(0, limit),
        ),
      setMoveStatus: async (ids: readonly bigint[], status: MoveStatus): Promise<void> => this.changeMoves(ids, (move) => ({ ...move, status })),
      giveUpMoves: async (ids: readonly bigint[], reason: string): Promise<void> =>
        this.changeMoves(ids, (move) => ({ ...move, status: 'given_up', detail: asJson({ ...Object(move.detail ?? {}), givenUp: reason }) })),
      latestMoves: async (watchedNo: bigint): Promise<readonly MoveRow[]> => {
        const latest = new Map<string, MoveRow>();
        for (const move of this.data.moves.all()) {
          const before = latest.get(move.coin);
          if (move.watchedNo === watchedNo && (before === undefined || move.seq > before.seq)) latest.set(move.coin, move);
        }
        return handedOut([...latest.values()].sort((a, b) => (a.coin < b.coin ? -1 : 1)));
      },
      increasingOrders: async (watchedNo: bigint, limit: number) => increasing(this.data, watchedNo, limit),
    };
  }

  private networkKnown(venue: string, network: string): void {
    if (!this.data.networks.has(`${venue}|${network}`)) this.undo.refuse(`no network ${network} of ${venue}`);
  }

  private watchedRow(no: bigint): WatchedAccountRow | undefined {
    return this.data.watched.find((row) => row.no === no);
  }

  private putWatched(row: WatchedAccountRow): void {
    this.data.watched.put(this.undo, `${row.venue}|${row.network}|${row.address}`, row);
  }

  private changeMoves(ids: readonly bigint[], change: (move: MoveRow) => MoveRow): void {
    for (const move of [...new Set(ids)].flatMap((id) => this.data.movesById.of(id)))
      this.data.moves.put(this.undo, `${move.watchedNo}|${move.coin}|${move.venueKey}`, change(move));
  }

  private async changeInstance(no: number, change: { readonly heartbeatAt?: number; readonly stoppedAt?: number }): Promise<void> {
    const row = this.data.instances.get(String(no));
    if (row !== undefined) this.data.instances.put(this.undo, String(no), { ...row, ...change });
  }
}

interface PlatformMarkets {
  putInstruments(rows: readonly Omit<import('@lockstep/storage').InstrumentRow, 'updatedAt'>[]): Promise<void>;
}

type Told = Omit<LeaderFillRow, 'watchedNo'>;

/** One fill per key of a telling; the fill itself where a public trade stands beside it. */
function onceEach(fills: readonly Told[]): readonly Told[] {
  const byKey = new Map<string, Told>();
  for (const fill of fills) {
    const key = `${fill.coin}|${fill.timeMs}|${fill.tid}`;
    if (byKey.get(key)?.provisional !== false) byKey.set(key, fill);
  }
  return [...byKey.values()];
}

/** What a fill tells beyond the public trade that stands for it. */
const orderPart = ({ oid, closedPnl, fee, feeAsset, builderFee, crossed, liquidation, cloid, twapId, provisional }: Told) => ({
  oid,
  closedPnl,
  fee,
  feeAsset,
  builderFee,
  crossed,
  liquidation,
  cloid,
  twapId,
  provisional,
});

/** Orders with a fill among the newest that took a position further, newest first. */
function increasing(data: PlatformData, watchedNo: bigint, limit: number): { coin: string; oid: string; twapId: string | null }[] {
  const newest = data.leaderFills
    .filter((fill) => fill.watchedNo === watchedNo && !fill.provisional)
    .sort((a, b) => b.timeMs - a.timeMs)
    .slice(0, limit);
  const found = new Map<string, { coin: string; oid: string; twapId: string | null }>();
  for (const { coin, oid, twapId, side, size, startPosition } of newest) {
    const end = startPosition + (side === 'buy' ? size : -size);
    const grew = end !== 0n && (end > 0n !== startPosition > 0n || abs(end) > abs(startPosition));
    const key = `${coin}|${oid}|${twapId}`;
    if (grew && !found.has(key)) found.set(key, { coin, oid, twapId });
  }
  return [...found.values()];
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
