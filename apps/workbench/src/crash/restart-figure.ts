import type { CrashCast } from './cast';
import type { DoomedEngine } from './doomed-engine';
import { scopeOfBrand } from './read-books';

/** How long one start took with how much to recover. */
export interface RestartFigure {
  readonly copies: number;
  readonly openRows: number;
  readonly unknownOrders: number;
  readonly readyMs: number;
}

const MOVES_MAX = 200;

/**
 * Leaves `openRows` journal rows open (the venue takes every order and never answers), kills the engine and times the next start from the
 * process's birth to its ready line: loading everything and settling each of those orders with the venue.
 */
export async function measureRestart(cast: CrashCast, engine: DoomedEngine, openRows: number, act: () => Promise<void>): Promise<RestartFigure> {
  await cast.control.fault({ target: 'exchange', effect: { kind: 'silence' }, when: 'after', count: null, type: 'order' });
  // Nor does it answer what became of them, so that nothing can be settled before the kill.
  await cast.control.fault({ target: 'info', effect: { kind: 'status', status: 503 }, when: 'before', count: null, type: 'orderStatus' });
  for (let move = 0; move < MOVES_MAX && (await standing(cast)).openRows < openRows; move += 1) {
    await act();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await engine.kill();
  await cast.control.clearFaults();
  const { openRows: left, unknownOrders } = await standing(cast);
  await engine.start(null);
  const readyMs = engine.starts.at(-1)?.readyMs ?? 0;
  return { copies: cast.brands.reduce((sum, brand) => sum + brand.copies.length, 0), openRows: left, unknownOrders, readyMs: Math.round(readyMs) };
}

async function standing(cast: CrashCast): Promise<{ readonly openRows: number; readonly unknownOrders: number }> {
  let openRows = 0;
  let unknownOrders = 0;
  for (const brand of cast.brands) {
    const found = await cast.storage.scoped(scopeOfBrand(brand), (unit) => unit.journal.unfinished(0, 10_000));
    openRows += found.length;
    unknownOrders += found.reduce((sum, row) => sum + row.orderCount, 0);
  }
  return { openRows, unknownOrders };
}
