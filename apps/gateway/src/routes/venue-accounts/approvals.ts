import { isDeepStrictEqual } from 'node:util';
import type { SignedApproval, VenueAccountRow } from '@lockstep/storage';
import { type ApprovalRequest, approveAgentRequest, approveBuilderFeeRequest, type Network } from '@lockstep/venues/hyperliquid';
import { z } from 'zod';

export const APPROVAL_KINDS = ['approve_agent', 'approve_builder_fee'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

/** What the follower's wallet is asked to sign, as it is kept with the account. */
export const offeredApproval = z.object({
  kind: z.enum(APPROVAL_KINDS),
  typed_data: z.record(z.string(), z.json()),
  action: z.record(z.string(), z.json()),
  nonce: z.number(),
});
export type OfferedApproval = z.output<typeof offeredApproval>;

/** The approvals an account was offered. */
export const offersOf = (row: VenueAccountRow): readonly OfferedApproval[] => z.array(offeredApproval).catch([]).parse(row.approvals);

const HEX_SIGNATURE = /^0x([0-9a-fA-F]{64})([0-9a-fA-F]{64})(1b|1c|00|01)$/;
/** A wallet's signature: 65 bytes as hex, or its parts. */
export const signatureField = z.union([
  z.string().regex(HEX_SIGNATURE, { error: 'a signature is 0x and 65 bytes of hex' }),
  z.object({
    r: z.string().regex(/^0x[0-9a-fA-F]{1,64}$/),
    s: z.string().regex(/^0x[0-9a-fA-F]{1,64}$/),
    v: z.union([z.literal(27), z.literal(28)]),
  }),
]);

export interface ApprovalPlan {
  readonly network: Network;
  /** Null: the agent is approved already. */
  readonly agent: { readonly address: string; readonly name: string } | null;
  readonly nonce: number;
  readonly builder: { readonly address: string; readonly maxFeeTenthsBp: number } | null;
}

/** The approvals an account needs: its agent, and the builder fee where the tenant's schedule names a builder. Nonces rise in the order of relay. */
export function offerApprovals(plan: ApprovalPlan): readonly OfferedApproval[] {
  const { network, agent } = plan;
  const offers: OfferedApproval[] = [];
  const nonce = (): number => plan.nonce + offers.length;
  if (agent !== null) {
    const terms = { agentAddress: agent.address, agentName: agent.name, validUntilMs: plan.nonce + AGENT_LIFE_MS };
    offers.push(offer('approve_agent', approveAgentRequest({ network, nonce: nonce(), ...terms })));
  }
  if (plan.builder !== null) {
    const { address, maxFeeTenthsBp } = plan.builder;
    offers.push(offer('approve_builder_fee', approveBuilderFeeRequest({ network, nonce: nonce(), builder: address, maxFeeTenthsBp })));
  }
  return offers;
}

/** How long an agent is approved for: the life the venue gives by itself, half of the longest it takes. */
const AGENT_LIFE_MS = 90 * 86_400_000;

const AGENT_NAME_ID_CHARS = 8;

/**
 * What an account's next agent is called at the venue, in at most 16 characters. A name of the account's own, so that neither another account of the wallet nor
 * another brand replaces its agent; and one of two in turn, so that a renewed agent does not end the one that still signs: approving a name again does.
 */
export function nextAgentName(accountId: string, present: string | null): string {
  return `ct${accountId.slice(-AGENT_NAME_ID_CHARS)}${present?.endsWith('a') === true ? 'b' : 'a'}`;
}

/** The venue takes nonces of two days; what is offered is offered again no longer than this, so that the wallet has time. */
const OFFER_GOOD_MS = 24 * 3_600_000;

/** Whether what stands offered is just what the plan would offer, young enough, and not handed in yet: a wallet may be signing it right now. */
export function stillGood(standing: readonly OfferedApproval[], plan: ApprovalPlan, handedInAt: number | null): boolean {
  const first = standing[0];
  if (first === undefined || first.nonce + OFFER_GOOD_MS < plan.nonce || (handedInAt !== null && handedInAt >= first.nonce)) return false;
  return isDeepStrictEqual(standing, offerApprovals({ ...plan, nonce: first.nonce }));
}

const offer = (kind: ApprovalKind, request: ApprovalRequest): OfferedApproval =>
  offeredApproval.parse({ kind, typed_data: request.typedData, action: request.action, nonce: request.nonce });

/** An offer with the wallet's signature, as the engine relays it. */
export function signedApproval(offered: OfferedApproval, signature: z.output<typeof signatureField>): SignedApproval {
  return { action: offered.action, nonce: offered.nonce, signature: typeof signature === 'string' ? partsOf(signature) : signature };
}

function partsOf(hex: string): SignedApproval['signature'] {
  const [, r = '', s = '', last = ''] = HEX_SIGNATURE.exec(hex) ?? [];
  const v = Number.parseInt(last, 16);
  return { r: `0x${r}`, s: `0x${s}`, v: v < 27 ? v + 27 : v };
}
