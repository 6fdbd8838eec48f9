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
