/** Refusals of whole requests about accounts and money. */
export const ACCOUNT_TEXTS = {
  pendingAgentRemoval: 'User has pending agent removal',
  unifiedDisabled: 'Action disabled when unified account is active',
  abstractionNotAllowed: 'Abstraction transition not allowed',
  tooManySubAccounts: 'Too many sub-accounts.',
  subAccountName: 'Invalid sub-account name.',
  insufficientTransfer: 'Insufficient balance for token transfer',
  insufficientWithdrawal: 'Insufficient balance for withdrawal.',
  unknownToken: 'Invalid token.',
  invalidDestination: 'Invalid destination.',
  notSubAccount: 'Invalid sub-account.',
  onlyLeader: 'Only leader can perform this vault action.',
  vaultClosed: 'Vault is closed.',
  vaultDepositsOff: 'Vault does not allow deposits.',
  vaultLocked: 'Cannot withdraw from vault during lockup period.',
  vaultLeaderShare: 'Vault leader must maintain at least 5% of the vault.',
  vaultInitialUsd: 'Initial vault deposit must be at least $100.',
  vaultOpenPositions: 'Vault has open positions.',
  unifiedActions: 'Too many actions for unified account today.',
  referralCode: 'Referral code is not registered.',
  referralSelf: 'Cannot refer self.',
  referralSet: 'Referrer already set.',
  referralTaken: 'Referral code already taken.',
  multiSigUsers: 'Invalid multi-sig authorized users.',
  multiSigSigners: 'Multi-sig signers are not authorized or fewer than the threshold.',
  nothingToClaim: 'No rewards to claim.',
} as const;

export const invalidSubAccountTransfer = (from: string, to: string): string => `Invalid sub-account transfer from ${from} to ${to}`;
export const subAccountNeedsVolume = (required: string, traded: string): string =>
  `Cannot create sub-accounts until enough volume traded. Required: $${required}. Traded: $${traded}.`;
export const referralNeedsVolume = (required: string, traded: string): string =>
  `Cannot create referral code until enough volume traded. Required: $${required}. Traded: $${traded}.`;
