import { must, type TenantScope } from '@lockstep/kernel';
import { encodeJournal, type ScopeSlice, splitByScope } from '@lockstep/replication';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { BookGroup } from '../state/registry';
import { meetUnheard, NOTHING_UNHEARD, unheardStops } from '../unheard-stops';
import type { Journaled, PlannedWave } from './planned-wave';

interface PackedRow {
  readonly wave: PlannedWave;
  readonly group: BookGroup;
  readonly part: number;
  readonly slice: ScopeSlice;
  readonly packed: Uint8Array;
}

/**
 * Writes waves down before the first byte of any of them leaves: one packed row per tenant, environment, leader and wave, all rows of a tenant in
 * one transaction, all tenants side by side. Resolves when every commit is durable; throws when one is not, and then nothing may be sent.
 * Stops that no wake-up told of are met in the transactions that write down entries: they keep those back (product §3).
 */
export async function writeJournal(ctx: EngineContext, waves: readonly PlannedWave[], firstPart = 0): Promise<Journaled> {
  const scopes = packByScope(ctx, waves, firstPart);
  const times = new Map<number, number>();
  const stopsAsOf = new Map<number, number>();
  let committed = 0;
  await Promise.all(
    scopes.map(({ scope, rows }) =>
      ctx.journalUnits.run(async () => {
        const { at, unheard } = await ctx.storage.scoped(scope, async (unit) => {
          const written = await unit.journal.insertAll(
            rows.map((row) => ({
              moveId: BigInt(row.wave.journalNo),
              shard: ctx.shard,
              part: row.part,
              instance: ctx.instance,
              leaderId: row.group.leaderId,
              coin: row.wave.plan.coin,
              packed: Buffer.from(row.packed.buffer, row.packed.byteOffset, row.packed.byteLength),
              orderCount: row.slice.orders.length,
              decisionCount: row.slice.decisions.length,
              maxNonce: BigInt(row.slice.maxNonce),
            })),
          );
          must(written === rows.length, `a wave of ${rows.map((row) => `${row.wave.journalNo}/${row.part}`).join(', ')} was journaled before`);
          return { at: unit.now, unheard: rows.some(enters) ? await unheardStops(ctx, scope, unit) : NOTHING_UNHEARD };
        });
        meetUnheard(ctx, scope, unheard);
        for (const { group } of rows) {
          times.set(group.index, at);
          stopsAsOf.set(group.index, unheard.asOf);
        }
        for (const wave of new Set(rows.map((row) => row.wave))) {
          // A wave that a restart completes may have rows of the scope from before.
          if (!wave.open.scopes.includes(scope)) wave.open.scopes.push(scope);
        }
        committed += 1;
        if (committed === 1) ctx.pass('journaled_first_scope');
      }),
    ),
  );
  const journaledAt = ctx.stage();
  for (const wave of waves) {
    wave.marks.journaledAt = journaledAt;
    wave.marks.journalCommits = scopes.length;
    wave.marks.journalBytes = bytesOf(scopes, wave);
  }
  ctx.pass('journaled_all_scopes');
  return { times, stopsAsOf };
}

interface ScopeRows {
  readonly scope: TenantScope;
  readonly rows: PackedRow[];
}

const enters = ({ wave: { plan }, slice }: PackedRow): boolean => slice.orders.some((order) => plan.orders.exit[order] !== 1);

function packByScope(ctx: EngineContext, waves: readonly PlannedWave[], firstPart: number): ScopeRows[] {
  const scopes = new Map<string, ScopeRows>();
  for (const wave of waves) {
    for (const slice of splitByScope(wave.plan)) {
      if (!worthWriting(wave, slice)) continue;
      const group = ctx.registry.groupAt(slice.scope);
      const key = scopeKey(group.scope);
      const entry = scopes.get(key) ?? { scope: group.scope, rows: [] };
      scopes.set(key, entry);
      const part = firstPart + entry.rows.filter((row) => row.wave === wave).length;
      entry.rows.push({ wave, group, part, slice, packed: encodeJournal(wave.plan, slice, stampOf(ctx, wave)) });
    }
  }
  return [...scopes.values()];
}

/** A move's decisions are written for every copy, skips included; of a repair only what sends or gives up something, or finds a remnant. */
function worthWriting(wave: PlannedWave, slice: ScopeSlice): boolean {
  if (wave.cause === 'move' || slice.orders.length > 0) return true;
  const { copyNo } = wave.plan.decisions;
  const told = new Set([...wave.forfeits.map((forfeit) => forfeit.copyNo), ...(wave.remnants ?? [])]);
  return told.size > 0 && slice.decisions.some((index) => told.has(copyNo[index] ?? 0));
}

const stampOf = (ctx: EngineContext, { marks, wayOut }: PlannedWave) => ({
  instance: ctx.instance,
  m0: marks.leaderFillAt,
  m1: marks.receivedAt,
  m2: marks.plannedAt,
  forecastEnd: wayOut.forecastEnd,
});

function bytesOf(scopes: readonly ScopeRows[], wave: PlannedWave): number {
  let total = 0;
  for (const scope of scopes) for (const row of scope.rows) if (row.wave === wave) total += row.packed.byteLength;
  return total;
}
