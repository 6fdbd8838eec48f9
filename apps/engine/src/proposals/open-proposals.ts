import type { EpochMs, TenantScope } from '@lockstep/kernel';
import type { Asked } from '@lockstep/replication';
import type { NewRow, ProposalRow } from '@lockstep/storage';

/** A proposal that may be approved, as it is written or on its way there. */
export interface OpenProposal {
  readonly scope: TenantScope;
  readonly row: NewRow<ProposalRow>;
  /** What of it is left, in the numbers of the columns. */
  readonly asked: Asked;
}

/** What followers are asked about: at most one proposal per copy and instrument. It changes in the instrument's lane alone, with the columns. */
export class OpenProposals {
  private readonly open = new Map<string, OpenProposal>();

  /** Takes a scope's open proposals as they are stored. */
  load(scope: TenantScope, rows: readonly ProposalRow[], realTime: (business: EpochMs) => EpochMs = (business) => business): void {
    for (const { tenantId: _tenant, environment: _environment, ...row } of rows) {
      const { buy, leftMicro, price, endsAt } = row;
      this.put({ scope, row, asked: { buy, micro: Number(leftMicro), price: Number(price), endsAt: realTime(endsAt) } });
    }
  }

  get isEmpty(): boolean {
    return this.open.size === 0;
  }

  get(copyNo: number, coin: string): OpenProposal | null {
    return this.open.get(keyOf(copyNo, coin)) ?? null;
  }

  put(proposal: OpenProposal): void {
    this.open.set(keyOf(Number(proposal.row.copyNo), proposal.row.coin), proposal);
  }

  drop(copyNo: number, coin: string): void {
    this.open.delete(keyOf(copyNo, coin));
  }

  all(): readonly OpenProposal[] {
    return [...this.open.values()];
  }
}

const keyOf = (copyNo: number, coin: string): string => `${copyNo} ${coin}`;
