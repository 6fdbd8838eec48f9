import { z } from 'zod';
import { type DemoBrand, type DemoCopy, inParallel } from '../brand';
import type { Cast } from '../cast';
import type { JudgedCopy, Violation } from '../judge';
import type { MoneyWorld } from '../judge-money';
import { judgeRole } from './judge-roles';
import { judgeTour } from './judge-tour';
import type { Drains } from './play';

const receiptsPage = z.object({
  data: z.array(z.object({ wave_id: z.string(), coin: z.string(), decision: z.string() })),
  before: z.string().nullable(),
});
const READS_AT_ONCE = 8;
const PAGE = 100;

/** Holds what followers are there to show, and where the tour went, against the venue's books and the decisions on record. */
export async function auditTour(
  cast: Cast,
  copies: ReadonlyMap<DemoBrand, readonly JudgedCopy[]>,
  world: MoneyWorld,
  drains: Drains,
): Promise<readonly Violation[]> {
  const violations: Violation[] = [...judgeTour(cast.market.builderDexes, [...copies.values()].flat())];
  for (const brand of cast.brands) {
    const judged = new Map((copies.get(brand) ?? []).map((copy) => [copy.copyId, copy]));
    await inParallel(brand.copies, READS_AT_ONCE, async (copy) => {
      const truth = judged.get(copy.copyId);
      if (truth === undefined) return;
      const decisions = await decisionsOf(brand, copy);
      violations.push(
        ...judgeRole(
          { copy: truth, role: copy.role, purses: new Set(copy.paid.keys()), decisions, fillsBeforeDrain: drains.get(copy) ?? null },
          world,
        ),
      );
    });
  }
  return violations;
}

async function decisionsOf(brand: DemoBrand, { copyId }: DemoCopy): Promise<z.output<typeof receiptsPage>['data']> {
  const found: z.output<typeof receiptsPage>['data'] = [];
  for (let before: string | null = null; ; ) {
    const page = receiptsPage.parse(
      await brand.api.must('GET', `/v1/copies/${copyId}/receipts?limit=${PAGE}${before === null ? '' : `&before=${before}`}`),
    );
    found.push(...page.data);
    before = page.before;
    if (before === null) return found;
  }
}
