export { createHyperliquidFeed, createHyperliquidVenue } from './adapter';
export { type BuildReport, type BuildWorkers, buildOrdersOnThread, createBuildWorkers, type SigningWay, type ThreadBuildReport } from './bench';
export { type CheckupPlan, checkHyperliquid } from './checkup/checkup';
export type { HyperliquidConfig, HyperliquidDeps, HyperliquidSettings, VenueLog, VenueLogEntry } from './config';
export { hyperliquidConfig } from './config';
export { type EgressAssumptions, HYPERLIQUID_ADDRESS_LIMITS, hyperliquidIpLimits, readCost, socketCost, UPKEEP_COST } from './egress-limits';
export { type AgentKey, addressOfKey, generateAgentKey } from './sign/agent-key';
export {
  type AgentApprovalTerms,
  type ApprovalRequest,
  approveAgentRequest,
  approveBuilderFeeRequest,
  type BuilderFeeTerms,
  type TypedData,
} from './sign/approvals';
export type { Network } from './sign/phantom-agent';
export { type EgressAddress, egressAddresses, parseEgressAddress } from './transport/egress-address';
