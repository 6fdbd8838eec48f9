import { present } from '@lockstep/kernel';
import type { Audit } from './audit';
import { type DemoBrand, type DemoCopy, inParallel } from './brand';
import type { AccountTruth, JudgedCopy } from './judge';
import type { DemoSettlement } from './settle';

/** Settlements of each brand, one behind the other. */
export type Settled<B = DemoBrand> = ReadonlyMap<B, readonly DemoSettlement[]>;

/** What is known of a brand here: where its copies trade. */
interface Brand {
  readonly copies: readonly Pick<DemoCopy, 'copyId' | 'address'>[];
}

export interface Closing<B> {
  readonly brands: readonly B[];
  /** Where the first settlement begins. */
  readonly from: string;
  readonly settle: (brand: B, from: string) => Promise<DemoSettlement>;
  readonly truthOf: (address: string) => Promise<AccountTruth>;
}

/** Closings at most: what still trades behind the last of them is told as what it is. */
const CLOSINGS_MAX = 4;
const READS_AT_ONCE = 8;

/**
 * Audits every copy and closes the books behind it. Books and audit speak of the same trades only where the venue did nothing between the look and the closing;
 * where it did (an order of repair that left late), both are made again, and the settlements that follow each other are the books.
 * What a look found broken stays found: it had its time before.
 */
export async function auditAndSettle<B extends Brand>(
  audit: () => Promise<Audit<B>>,
  closing: Closing<B>,
): Promise<{ readonly audit: Audit<B>; readonly settlements: Settled<B> }> {
  const settlements = new Map<B, DemoSettlement[]>(closing.brands.map((brand) => [brand, []]));
  for (let made = 1; ; made += 1) {
    const looked = await audit();
    for (const [brand, settled] of settlements) settled.push(await closing.settle(brand, settled.at(-1)?.to ?? closing.from));
    const isDecided = looked.findings.violations.length > 0 || made >= CLOSINGS_MAX;
    if (isDecided || !(await isAnyTraded(looked, closing))) return { audit: looked, settlements };
  }
}

/** Whether the venue filled or funded anything of a copy since it was looked at. */
async function isAnyTraded<B extends Brand>({ copies }: Audit<B>, { truthOf }: Closing<B>): Promise<boolean> {
  let isAny = false;
  for (const [brand, judged] of copies) {
    const addresses = new Map(brand.copies.map(({ copyId, address }) => [copyId, address]));
    await inParallel(judged, READS_AT_ONCE, async ({ copyId, truth }) => {
      const address = present(addresses.get(copyId), 'the address of a copy');
      if (marksOf(await truthOf(address)) !== marksOf(truth)) isAny = true;
    });
  }
  return isAny;
}

/** What a trade or a funding changes: how many there are, and the newest of each, where the venue keeps so many and no more. */
const marksOf = ({ fills, fundings }: JudgedCopy['truth']): string =>
  JSON.stringify([fills.length, newest(fills), fundings.length, newest(fundings)]);
const newest = (rows: readonly { readonly time: number }[]): number => rows.reduce((most, { time }) => Math.max(most, time), 0);
