import { type Approved, type EpochMs, type Instrument, type Money, must } from '@lockstep/kernel';
import {
  type ActionOutcome,
  type PlacementTerms,
  type SignerHandle,
  WORKING_BATCH_MAX,
  type WorkingChange,
  type WorkingOrder,
  type WorkingOrders,
  type WorkingOutcome,
  type WorkingTarget,
} from '../../port';
import { cancelOutcomes, workingOutcomes } from '../parse/exchange-answer';
import type { L1Action } from '../sign/action-hash';
import { cancelAllByCloidAction } from '../wire/cancel-by-cloid';
import { modifyOrdersAction, placeOrdersAction } from '../wire/place-orders';
import { scheduleCancelAction } from '../wire/schedule-cancel';
import { updateIsolatedMarginAction } from '../wire/update-isolated-margin';
import type { ActionManner } from './protocol';

/** Signs one action and sends it once. */
export type Act = (signer: SignerHandle, nonce: number, action: L1Action, manner?: Partial<ActionManner>) => Promise<ActionOutcome>;

const SEVERAL = { several: true } as const;

/** Working orders as single actions of the signing workers. Throws for a batch that is empty or larger than {@link WORKING_BATCH_MAX}. */
export class HyperliquidWorkingOrders implements WorkingOrders {
  constructor(private readonly act: Act) {}

  async place(
    signer: SignerHandle,
    nonce: number,
    orders: Approved<readonly WorkingOrder[]>,
    terms: PlacementTerms = {},
  ): Promise<readonly WorkingOutcome[]> {
    checkBatch(orders.length);
    const manner = { ...SEVERAL, expiresAfter: terms.expiresAfter ?? 0 };
    const envelope = await this.act(signer, nonce, placeOrdersAction(orders, terms), manner);
    return workingOutcomes(
      envelope,
      orders.map(({ instrument }) => instrument),
    );
  }

  async modify(
    signer: SignerHandle,
    nonce: number,
    changes: Approved<readonly WorkingChange[]>,
    expiresAfter: EpochMs = 0,
  ): Promise<readonly WorkingOutcome[]> {
    checkBatch(changes.length);
    const envelope = await this.act(signer, nonce, modifyOrdersAction(changes), { ...SEVERAL, expiresAfter });
    return workingOutcomes(
      envelope,
      changes.map(({ order }) => order.instrument),
    );
  }

  async cancelAll(signer: SignerHandle, nonce: number, targets: readonly WorkingTarget[]): Promise<readonly ActionOutcome[]> {
    checkBatch(targets.length);
    return cancelOutcomes(await this.act(signer, nonce, cancelAllByCloidAction(targets), SEVERAL), targets.length);
  }

  scheduleCancel(signer: SignerHandle, nonce: number, at: EpochMs | null): Promise<ActionOutcome> {
    return this.act(signer, nonce, scheduleCancelAction(at));
  }

  changeIsolatedMargin(signer: SignerHandle, nonce: number, instrument: Instrument, change: Money): Promise<ActionOutcome> {
    return this.act(signer, nonce, updateIsolatedMarginAction(instrument.assetId, change));
  }
}

function checkBatch(count: number): void {
  must(count > 0 && count <= WORKING_BATCH_MAX, `an action carries 1 to ${WORKING_BATCH_MAX} orders`);
}
