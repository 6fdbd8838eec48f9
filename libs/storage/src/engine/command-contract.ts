/**
 * What a tenant may ask of the engine, as rows of `commands`. The gateway writes a row in the transaction of its effect and wakes the engine
 * (channel `commands`, payload `tenantId|environment`, see delivery's `WAKEUP_CHANNELS`); the engine reads a scope's commands in order and records what became of each:
 * `applied` with a result, or `refused` with `{reason, detail?}`. The row the command is about (account, copy, leader) is written by the gateway
 * before, with its initial state; the engine alone changes the states named here.
 */
export const COMMAND_KINDS = [
  /**
   * Target: venue account (`pending`). Payload {@link ActivateAccount}. The engine relays the wallet's approvals, checks agent key, builder fee and mode at the
   * venue, loads the key and sets the account `active`. Also used again when new approvals were signed: the account then has the builder in force as soon as the
   * venue shows the approval, and keeps the one it had until then. Result: {@link AccountResult}.
   */
  'venue_account.activate',
  /**
   * Target: copy (`preparing`). Payload {@link ActivateCopy}. Leverage is set at the venue and the copy becomes `active`; it enters at the leader's next open. Where
   * its `start` adopts, pending until his positions are taken on, which needs him seen; what comes after it does not wait for that. Result then: {@link TakenOnResult}.
   */
  'copy.activate',
  /** Target: copy. Payload {@link ChangeSettings}: the version row stands already and `copies.settings_version` names it. Acts from the next decision on. */
  'copy.settings',
  /** Target: copy. Payload {@link ChangeAllocation}: `copies.allocation` holds it already. Result with `now`: {@link TakenOnResult}. */
  'copy.allocation',
  /** Target: copy (`active`). Payload `{}`. Entries stop, also in the middle of a wave; exits go on. */
  'copy.pause',
  /** Target: copy (`paused`). Payload `{}`. */
  'copy.resume',
  /** Target: copy. Payload {@link StopCopy}. Closes everything copied, or (`follow_to_close`) enters nothing and follows the leader's exits until flat, or (`unwind_by`) closes the rest in slices until the deadline besides, or (`hand_over`) trades nothing and leaves its positions to the follower; then `stopped`. Result when flat: {@link FlatnessProof}; the command is applied at once, the copy shows the end. */
  'copy.stop',
  /** Target: copy (`breaker_closed`, flat). Payload `{}`. Re-anchors the loss references and becomes `active`, once: `begun_at` is when. Pending behind that as with `copy.activate`. */
  'copy.re_enable',
  /** Target: copy (`active`). Payload `{}`. Its targets become what its mode asks for the leader's present positions, at once. Result: {@link TakenOnResult}. */
  'copy.rebase',
  /** Target: copy. Payload {@link AnswerProposal}. Of what is left of the proposal the size is owed from now on, inside the copy's catch-up window. Result: {@link AnswerResult}. */
  'proposal.approve',
  /** Target: copy. Payload {@link AnswerProposal}, without a size. Nothing of the proposal is entered any more. Result: {@link AnswerResult}. */
  'proposal.decline',
  /** Target: leader. Payload `{}`. The engine starts watching its account. Result: {@link WatchResult}. */
  'leader.watch',
  /** Target: leader (`paused` already). Payload `{}`. Copies of it take no new risk, also in the middle of a wave; exits go on. */
  'leader.pause',
  /** Target: leader (`active` again). Payload `{}`. */
  'leader.resume',
  /** Target: leader (`closed` already). Payload `{}`. Copies of it are stopped with `close_now`. */
  'leader.close',
  /** Target: follower. Payload `{}`. Every copy of the follower is stopped with `close_now`. */
  'follower.close_all',
  /** Target: leader, which stays as it is. Payload `{}`. Every copy of it is stopped with `close_now`. */
  'leader.close_all',
  /** Target: the tenant. Payload `{}`. Every copy of its environment is stopped with `close_now`. */
  'tenant.close_all',
  /** Target: the fee schedule. Payload `{}`. The engine reads the tenant's schedules again. */
  'fees.changed',
  /** Target: leader (`access` is `granted` already). Payload `{}`. Copies whose followers are not entitled take no new risk, also in the middle of a wave; exits go on. */
  'leader.restrict',
  /** Target: leader (`access` is `everyone` again). Payload `{}`. */
  'leader.open',
  /** Target: leader, whose terms stand in `leader_terms` already. Payload `{}`. They bind at once or soon: copies take no new risk without consent, also in the middle of a wave. */
  'terms.bind',
  /** As `terms.bind`, of terms that bind later: until then nothing changes. */
  'terms.announce',
  /** Target: entitlement, whose row stands already. Payload `{}`. Granted, or for longer than before. */
  'entitlement.grant',
  /** Target: entitlement. Payload `{}`. It ends sooner than it did. */
  'entitlement.shorten',
  /** Target: entitlement (revoked already). Payload `{}`. Where it is needed, its follower's copy takes no new risk; exits go on. */
  'entitlement.revoke',
  /** Target: copy. Payload `{}`. A consent of its follower stands in `copy_consents`. */
  'copy.consent',
  /** Target: the tenant, a leader or a follower, whose limits stand in `risk_limits` already. Payload `{}`. They bind every copy below at once. */
  'limits.changed',
] as const;
export type CommandKind = (typeof COMMAND_KINDS)[number];

/** Approvals as the follower's wallet signed them, in the order in which they are relayed. Empty: the venue already has them. */
export interface ActivateAccount {
  readonly approvals: readonly SignedApproval[];
}

export interface SignedApproval {
  /** The action exactly as returned with the typed data. */
  readonly action: Readonly<Record<string, unknown>>;
  readonly nonce: number;
  readonly signature: { readonly r: string; readonly s: string; readonly v: number };
}

export interface AccountResult {
  readonly agentValidUntil: number | null;
  readonly builderFeeApprovedTenths: number;
  readonly mode: 'standard' | 'unified';
  /** Why the venue may not pay the builder whose fee was approved; null: nothing speaks against it, or there is none. */
  readonly builderWarning: 'not_standard_mode' | 'below_minimum_value' | null;
}

/** Objects whose earlier commands must have ended first: the copy's venue account and leader. Without it the copy waits for every earlier command. */
export interface ActivateCopy {
  readonly needs: readonly string[];
}

export interface ChangeSettings {
  readonly version: number;
}

export interface ChangeAllocation {
  /** Money, 10^-8, as text. */
  readonly allocation: string;
  /** `now`: less reduces every position by the share the copy's equity loses, more re-bases the copy. Default `next_increase`: nothing is traded because of it. */
  readonly applies?: 'next_increase' | 'now';
}

export interface AnswerProposal {
  readonly proposal: string;
  /** Decimal; more than is left is what is left. */
  readonly size?: string;
}

/** A proposal after the answer. Sizes 10^-8 as text. */
export interface AnswerResult {
  readonly proposal: string;
  readonly status: string;
  readonly approvedSize: string;
  readonly leftSize: string;
}

export type StopCopy =
  | { readonly mode: 'close_now' | 'follow_to_close' | 'hand_over' }
  | {
      readonly mode: 'unwind_by';
      /** Epoch ms. */
      readonly by: number;
    };

/** Evidence of a finished stop: what the copy still holds, empty when flat, or what became the follower's own. Sizes 10^-8 as text. */
export interface FlatnessProof {
  readonly flat: boolean;
  readonly dustPending: readonly { readonly coin: string; readonly size: string }[];
  readonly handedOver: readonly { readonly coin: string; readonly size: string }[];
}

/** What became of each instrument the leader or the copy stands in. Sizes 10^-8 as text. */
export interface TakenOnResult {
  readonly instruments: readonly {
    readonly coin: string;
    readonly targetBefore: string;
    readonly target: string;
    /** Why the target is not what the mode asks for; null: it is. */
    readonly reason: string | null;
  }[];
}

/** False: the venue has not told yet where the leader stands; the account is watched as soon as it does. */
export interface WatchResult {
  readonly watching: boolean;
}

/** Why a command was refused. Closed set; shown to the tenant. */
export const COMMAND_REFUSALS = [
  'unknown_target',
  'bad_payload',
  'wrong_state',
  'approval_refused',
  'agent_not_approved',
  'venue_unreachable',
  'network_unknown',
  'seat_refused',
  'insufficient_equity',
  'leverage_refused',
  /** Another copy of the venue account follows the same leader, or sets another leverage. */
  'venue_account_conflict',
  'key_unreadable',
  'not_flat',
  /** The venue has never seen the address: nothing was deposited to it. */
  'account_missing',
  /** The venue says that the address is something else than was registered. */
  'account_type_mismatch',
  /** The sub-account belongs to another master, or the vault to another leader. */
  'master_mismatch',
  /** Another venue account is signed by the same agent key. */
  'agent_in_use',
  /** The approvals are for an agent that was replaced since. */
  'approval_outdated',
  /** The mode sizes by the leader's volatility, and the venue tells too little of the leader's past. */
  'leader_volatility',
  /** Nothing of the proposal can be approved any more. */
  'proposal_over',
] as const;
export type CommandRefusal = (typeof COMMAND_REFUSALS)[number];
