import { hasEnvelope } from '../envelope';
import { asObject, asText } from '../json';
import type { Json } from '../port';
import { prepareAgentSetAbstraction, prepareUserSetAbstraction } from './abstraction';
import { prepareApproveAgent, prepareApproveBuilderFee } from './approvals';
import { prepareCancel, prepareCancelByCloid } from './cancel';
import { prepareTopUpIsolatedOnlyMargin, prepareUpdateIsolatedMargin, prepareUpdateLeverage } from './leverage';
import { prepareBatchModify, prepareModify } from './modify';
import { multiSigPreparer, prepareConvertToMultiSigUser } from './multi-sig';
import { prepareOrder } from './order';
import type { Prepare, PreparedAction } from './prepared';
import { prepareClaimRewards, prepareRegisterReferrer, prepareSetReferrer } from './referral';
import { prepareReserveRequestWeight } from './request-weight';
import { prepareCreateSubAccount, prepareSubAccountModify, prepareSubAccountSpotTransfer, prepareSubAccountTransfer } from './sub-account';
import { prepareAgentSendAsset, prepareSendAsset, prepareSpotSend, prepareUsdClassTransfer, prepareUsdSend, prepareWithdraw } from './transfer';
import { prepareTwapCancel, prepareTwapOrder } from './twap';
import { prepareNoop, prepareScheduleCancel } from './upkeep';
import { prepareCreateVault, prepareVaultDistribute, prepareVaultModify, prepareVaultTransfer } from './vault';

const ACTIONS: ReadonlyMap<string, Prepare> = new Map([
  ['order', prepareOrder],
  ['cancel', prepareCancel],
  ['cancelByCloid', prepareCancelByCloid],
  ['modify', prepareModify],
  ['batchModify', prepareBatchModify],
  ['updateLeverage', prepareUpdateLeverage],
  ['updateIsolatedMargin', prepareUpdateIsolatedMargin],
  ['topUpIsolatedOnlyMargin', prepareTopUpIsolatedOnlyMargin],
  ['twapOrder', prepareTwapOrder],
  ['twapCancel', prepareTwapCancel],
  ['approveAgent', prepareApproveAgent],
  ['approveBuilderFee', prepareApproveBuilderFee],
  ['usdSend', prepareUsdSend],
  ['usdClassTransfer', prepareUsdClassTransfer],
  ['sendAsset', prepareSendAsset],
  ['agentSendAsset', prepareAgentSendAsset],
  ['spotSend', prepareSpotSend],
  ['withdraw3', prepareWithdraw],
  ['userSetAbstraction', prepareUserSetAbstraction],
  ['agentSetAbstraction', prepareAgentSetAbstraction],
  ['createSubAccount', prepareCreateSubAccount],
  ['subAccountModify', prepareSubAccountModify],
  ['subAccountTransfer', prepareSubAccountTransfer],
  ['subAccountSpotTransfer', prepareSubAccountSpotTransfer],
  ['createVault', prepareCreateVault],
  ['vaultTransfer', prepareVaultTransfer],
  ['vaultDistribute', prepareVaultDistribute],
  ['vaultModify', prepareVaultModify],
  ['registerReferrer', prepareRegisterReferrer],
  ['claimRewards', prepareClaimRewards],
  ['scheduleCancel', prepareScheduleCancel],
  ['setReferrer', prepareSetReferrer],
  ['reserveRequestWeight', prepareReserveRequestWeight],
  ['convertToMultiSigUser', prepareConvertToMultiSigUser],
  ['multiSig', multiSigPreparer((action) => prepareAction(action))],
  ['noop', prepareNoop],
]);

/** Reads an action; null when its type is unknown or its shape wrong. */
export function prepareAction(action: Json): PreparedAction | null {
  const object = asObject(action);
  const type = asText(object?.type);
  if (object === null || type === null) return null;
  const prepared = ACTIONS.get(type)?.(object) ?? null;
  return prepared?.ownerOnly === true && !hasEnvelope(object) ? null : prepared;
}
