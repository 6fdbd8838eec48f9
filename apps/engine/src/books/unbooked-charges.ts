import { fromLots, money, size, toExact } from '@lockstep/kernel';
import { mostPaid } from '@lockstep/ledger';
import type { VenueFunding } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord, Registry } from '../state/registry';
import { type FundingPart, unbookedParts } from './funding-parts';

/** What a charge took from a copy, or gave it, as far as is known before it is booked. */
export type UnbookedPart = Pick<FundingPart, 'copyNo' | 'amount' | 'at'>;

/**
 * Has an account's copies halted by what they paid in funding as soon as it is read: booking waits for the fills before a charge, which may not be readable, for
 * waves and for the books, and a loss limit must not. Whose part is whose is taken from the record as it stands: it may not be final, so it halts and closes
 * nothing. Returns the parts. Where the database does not tell them each copy counts for having paid the most it may have, until they are read again: orders leave
 * as soon as it is back.
 */
export async function noteCharges(ctx: EngineContext, account: AccountRecord, charges: readonly VenueFunding[]): Promise<readonly UnbookedPart[]> {
  if (charges.length === 0) return [];
  try {
    const parts = await ctx.scopedUnits.run(() =>
      ctx.storage.scoped(account.scope, (unit) =>
        unbookedParts(
          ctx,
          unit,
          charges.map((charge) => ({ account, charge })),
        ),
      ),
    );
    putUnbooked(ctx.registry, account, parts);
    return parts;
  } catch (failure) {
    ctx.log.warn('charges that are not booked could not be shared out', { venueAccountNo: account.no, error: failure });
    const most = mostParts(ctx.registry, account, charges);
    putUnbooked(ctx.registry, account, most);
    return most;
  }
}

/** The most each copy may have paid, by what it holds now. */
function mostParts(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, charges: readonly VenueFunding[]): readonly UnbookedPart[] {
  return charges
    .filter(({ position }) => position !== 0n)
    .flatMap(({ coin, time, amount, position }) =>
      registry.copiesOf(account).map(({ no, watched, row }) => {
        const sheet = watched.book.findSheet(coin);
        const held = sheet === undefined ? size(0n) : fromLots(sheet.instrument, sheet.rows.position[row] ?? 0);
        return { copyNo: no, amount: money(-mostPaid({ amount, net: position }, held)), at: time };
      }),
    );
}

/** Puts what each copy of an account paid by these parts into its columns, in the place of what stood there. What was received counts once it is booked. */
export function putUnbooked(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, parts: readonly UnbookedPart[]): void {
  for (const { no, watched, row } of registry.copiesOf(account)) {
    const paid = parts.reduce((sum, { copyNo, amount }) => (copyNo === no && amount < 0n ? sum - amount : sum), 0n);
    watched.book.copies.chargedUnbooked[row] = toExact(paid, 'funding');
  }
}
