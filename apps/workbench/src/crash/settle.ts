import { loadPositionStates } from '@lockstep/storage';
import type { CrashCast } from './cast';
import type { DoomedEngine } from './doomed-engine';
import { scopeOfBrand } from './read-books';

/** How a wait for quiet ended. `restless` names what did not come to its end. */
export type Quiet = { readonly kind: 'quiet' } | { readonly kind: 'died' } | { readonly kind: 'restless'; readonly why: string };

const POLL_MS = 100;
/** Micro-lots in a lot. */
const MICRO = 1_000_000n;

/** Waits until everything the leader did is recorded, planned, written and repaired; or the engine is dead; or `maxMs` is over. */
export async function settle(cast: CrashCast, engine: Pick<DoomedEngine, 'diesWithin'>, maxMs: number): Promise<Quiet> {
  const until = Date.now() + maxMs;
  for (let calm = 0; ; ) {
    const why = await unrest(cast);
    calm = why === null ? calm + 1 : 0;
    // Twice in a row: one look may fall between two steps.
    if (calm === 2) return { kind: 'quiet' };
    if (await engine.diesWithin(POLL_MS)) return { kind: 'died' };
    if (Date.now() > until) return { kind: 'restless', why: why ?? 'never twice in a row quiet' };
  }
}

async function unrest(cast: CrashCast): Promise<string | null> {
  const moves = await cast.storage.platform(async (unit) => {
    const [watched] = await unit.inbox.watched();
    const open = await unit.inbox.openMoves(1);
    return { open: open.length, latest: watched === undefined ? [] : await unit.inbox.latestMoves(watched.no) };
  });
  for (const [coin, lots] of cast.leader.positions()) {
    const lot = 10n ** BigInt(8 - cast.market.szDecimals(coin));
    const recorded = moves.latest.find((move) => move.coin === coin)?.positionAfter ?? 0n;
    if (recorded !== lots * lot) return `the leader's last move in ${coin} is not recorded (${recorded} of ${lots * lot})`;
  }
  if (moves.open > 0) return 'a move is open';
  for (const brand of cast.brands) {
    const found = await cast.storage.scoped(scopeOfBrand(brand), async (unit) => ({
      rows: (await unit.journal.unfinished(0, 1)).length,
      orders: (await unit.orders.unsettled(1)).length,
      positions: await loadPositionStates(unit),
    }));
    if (found.rows > 0) return `a journal row of ${brand.name} is open`;
    if (found.orders > 0) return `an order of ${brand.name} has no end`;
    for (const state of found.positions) {
      const lot = 10n ** BigInt(8 - cast.market.szDecimals(state.coin));
      const gap = state.targetMicro - (state.position / lot) * MICRO;
      const owed = state.owedUntilMs > Date.now() || (state.targetMicro === 0n && !state.dust);
      if ((gap >= MICRO || gap <= -MICRO) && owed) return `copy ${state.copyNo} owes ${gap} micro-lots of ${state.coin}`;
    }
  }
  return null;
}
