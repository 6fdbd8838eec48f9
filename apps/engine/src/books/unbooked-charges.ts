import { toExact } from '@lockstep/kernel';
import type { VenueFunding } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord, Registry } from '../state/registry';
import { type FundingPart, unbookedParts } from './funding-parts';

/**
 * Has an account's copies halted by what they paid in funding as soon as it is read: booking waits for the fills before a charge, which may not be readable, for
 * waves and for the books, and a loss limit must not. Whose part is whose is taken from the record as it stands: it may not be final, so it halts and closes
 * nothing. Returns the parts. Where the database does not tell them there are none, and without it no order leaves either.
 */
export async function noteCharges(ctx: EngineContext, account: AccountRecord, charges: readonly VenueFunding[]): Promise<readonly FundingPart[]> {
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
    return [];
  }
}

/** Puts what each copy of an account paid by these parts into its columns, in the place of what stood there. What was received counts once it is booked. */
export function putUnbooked(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, parts: readonly FundingPart[]): void {
  for (const { no, watched, row } of registry.copiesOf(account)) {
    const paid = parts.reduce((sum, { copyNo, amount }) => (copyNo === no && amount < 0n ? sum - amount : sum), 0n);
    watched.book.copies.chargedUnbooked[row] = toExact(paid, 'funding');
  }
}
