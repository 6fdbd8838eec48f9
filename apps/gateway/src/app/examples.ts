/** Ids in examples. Nobody has them: put your own in their place. A test puts real ones there and sends every example. */
export const EXAMPLE_IDS = {
  leader: 'ldr_06f3g8h9j0kmnpqrstvwxyz012',
  follower: 'flw_06f3g8h9j0kmnpqrstvwxyz012',
  venueAccount: 'vac_06f3g8h9j0kmnpqrstvwxyz012',
} as const;
/** Addresses in examples, likewise. */
export const EXAMPLE_ADDRESSES = {
  leader: '0x1111111111111111111111111111111111111111',
  account: '0x2222222222222222222222222222222222222222',
  builder: '0x3333333333333333333333333333333333333333',
} as const;

const { leader, follower, venueAccount } = EXAMPLE_IDS;
const SETTINGS = {
  mode: { kind: 'fixed_ratio', ratio: '0.1' },
  caps: { max_leverage: '5' },
  breaker: { daily: '0.1' },
};
const HEX_64 = '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8';
const SIGNATURE = `0x${'ab'.repeat(64)}1b`;
const JANUARY = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };
/** Sixteen pixels square, of one colour. */
const LOGO = 'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mOQt4onCTGMahjVMHw1AACTh7gBWUCmdgAAAABJRU5ErkJggg==';

/** One request body per operation that takes one, by operation id. Every one is sent to a gateway by a test and accepted. */
export const EXAMPLES: Readonly<Record<string, object>> = {
  'branding.patch': {
    name: 'Brand',
    colors: { primary: '#1f3a5f', background: '#ffffff', text: '#1b1f24' },
    support_email: 'support@brand.example',
    support_url: 'https://brand.example/support',
    terms_url: 'https://brand.example/terms',
    header_prefix: 'Brand',
    logo: { data: LOGO },
  },
  'apiKeys.create': { name: 'Trading desk', scopes: ['copies:read', 'copies:write'] },
  'apiKeys.patch': { name: 'Trading desk, Frankfurt' },
  'apiKeys.sign': { signed: 'changes' },
  'apiKeys.rotate': { overlap_seconds: 3_600 },
  'keyLeaks.report': { key: 'ctk_test_06f3g8h9j0kmnpqrstvwxyz0123456789abcdefghij', found_at: 'https://pastes.example/1' },
  'leaders.create': { name: 'Momentum', network: 'sim', address: EXAMPLE_ADDRESSES.leader },
  'leaders.patch': { name: 'Momentum, daily' },
  'followers.create': { external_id: 'customer-4711' },
  'bulkFollowers.create': { items: [{ external_id: 'customer-4712' }, { external_id: 'customer-4713' }] },
  'venueAccounts.create': { follower_id: follower, network: 'sim', address: EXAMPLE_ADDRESSES.account },
  'venueAccounts.import': { follower_id: follower, network: 'sim', address: EXAMPLE_ADDRESSES.account, agent_private_key: `0x${HEX_64}` },
  'venueAccounts.approve': {
    signatures: [
      { kind: 'approve_agent', signature: SIGNATURE },
      { kind: 'approve_builder_fee', signature: SIGNATURE },
    ],
  },
  'preview.preview': { leader_id: leader, allocation: '1000', settings: { mode: { kind: 'fixed_ratio', ratio: '0.1' } } },
  'entitlements.grant': { leader_id: leader, follower_id: follower },
  'copies.create': { leader_id: leader, venue_account_id: venueAccount, allocation: '1000', settings: SETTINGS },
  'bulkCopies.create': { items: [{ leader_id: leader, venue_account_id: venueAccount, allocation: '1000', settings: SETTINGS }] },
  'copies.patch': { settings: { caps: { max_leverage: '3' } }, allocation: '1500' },
  'copies.stop': { mode: 'close_now' },
  'proposals.approve': { size: '0.4' },
  'killSwitches.engage': { reason: 'fills look odd' },
  'killSwitches.release': { reason: 'looked into' },
  'limits.patch': { caps: { max_leverage: '5' }, instruments: { kind: 'except', coins: ['DOGE'] } },
  'egress.forecast': { network: 'sim', orders: 10_000, reductions: 3_000, target_ms: 60_000 },
  'fees.create': { execution_markup_bps: '3', builder_address: EXAMPLE_ADDRESSES.builder },
  'settlements.close': JANUARY,
  'exports.create': { kind: 'fills', ...JANUARY },
  'sandbox.open': { seed: 7 },
  'sandbox.credit': { credits: [{ address: EXAMPLE_ADDRESSES.account, amount: '10000' }] },
  'sandbox.trade': { trades: [{ address: EXAMPLE_ADDRESSES.leader, coin: 'BTC', side: 'buy', size: '0.05' }] },
  'sandboxClock.advance': { ms: 3_600_000 },
  'sandboxScenarios.play': { name: 'crash', params: { coin: 'BTC', percent: 20, minutes: 5 } },
  'sandboxFaults.create': { kind: 'server_error', operation: 'GET /v1/orders', http_status: 503, times: 3, for_s: 600 },
  'streamTickets.create': { address: '203.0.113.7' },
  'leaderTerms.publish': { document_url: 'https://brand.example/terms', sha256: HEX_64 },
  'consents.give': { version: 1 },
  'operator.create': { name: 'Brand', tier: 'growth', host: 'api.brand.example', time_zone: 'Europe/Berlin' },
  'operator.patch': { operator_share: '0.25' },
  'operator.createKey': { name: 'first', livemode: false, scopes: ['*'] },
  'operatorOffboarding.begin': { waiting_days: 30 },
  'operatorDomains.add': { host: 'sandbox.brand.example', livemode: false },
  'operatorBranding.patch': { name: 'Brand', header_prefix: 'Brand' },
  'operatorKeys.create': { name: 'on call', role: 'risk' },
  'operatorLimits.patch': { max_venue_leverage: 20 },
  'operatorKillSwitches.engage': { reason: 'the venue halts' },
  'operatorKillSwitches.release': { reason: 'the venue trades again' },
  'operatorTiers.create': {
    name: 'partner',
    requests: [
      { name: 'minute', per: 'key', classes: ['reads', 'writes', 'orders', 'exports'], quota: 1_200, window_ms: 60_000 },
      { name: 'exports', per: 'tenant', classes: ['exports'], quota: 60, window_ms: 60_000 },
    ],
    concurrency: 50,
    quotas: { api_keys: 10, stream_connections: 20, leaders: 100, followers: 5_000, active_copies: 10_000, export_jobs: 3 },
  },
  'operatorTiers.patch': { concurrency: 200 },
};
