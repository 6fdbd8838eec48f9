/** Reads that cost 2. */
const CHEAP: ReadonlySet<string> = new Set(['l2Book', 'allMids', 'clearinghouseState', 'orderStatus', 'spotClearinghouseState', 'exchangeStatus']);
/** Reads that cost one more per twenty returned rows (fact sheet §11.1). */
const PER_TWENTY = [
  'recentTrades',
  'historicalOrders',
  'userFills',
  'userFillsByTime',
  'fundingHistory',
  'userFunding',
  'userNonFundingLedgerUpdates',
  'twapHistory',
  'userTwapSliceFills',
  'userTwapSliceFillsByTime',
  'delegatorHistory',
  'delegatorRewards',
  'validatorStats',
] as const;
/** Reads that cost one more per so many returned rows. */
const PER_ROWS: ReadonlyMap<string, number> = new Map([...PER_TWENTY.map((type): [string, number] => [type, 20]), ['candleSnapshot', 60]]);
/** Arrays of an action whose length is its batch length. */
const BATCHES = ['orders', 'cancels', 'modifies'] as const;

/** IP weight of an action: 1 + ⌊batch length ÷ 40⌋. A multi-signature action has the batch of what it wraps. */
export function actionWeight(body: unknown): number {
  const outer = fieldOf(body, 'action');
  const action = fieldOf(fieldOf(outer, 'payload'), 'action') ?? outer;
  const lengths = BATCHES.map((name) => fieldOf(action, name)).map((rows) => (Array.isArray(rows) ? rows.length : 0));
  return 1 + Math.floor(Math.max(...lengths) / 40);
}

/** IP weight of a read before its answer is known: 2, 20 or 60. */
export function infoWeight(body: unknown): number {
  const type = fieldOf(body, 'type');
  if (type === 'userRole') return 60;
  return typeof type === 'string' && CHEAP.has(type) ? 2 : 20;
}

/** What the size of an answer adds to the weight of its read. */
export function rowsWeight(body: unknown, rows: number): number {
  const type = fieldOf(body, 'type');
  const per = typeof type === 'string' ? PER_ROWS.get(type) : undefined;
  return per === undefined ? 0 : Math.floor(rows / per);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
