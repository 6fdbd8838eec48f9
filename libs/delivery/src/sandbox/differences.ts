/** One way in which the test environment is unlike live. */
export interface SandboxDifference {
  readonly subject: string;
  readonly live: string;
  readonly sandbox: string;
}

/** What differs between the sandbox and live, and nothing else does: the code that copies is the same. docs/sandbox.md shows this list, and a test compares them. */
export const SANDBOX_DIFFERENCES: readonly SandboxDifference[] = [
  { subject: 'Venue', live: 'Hyperliquid, or perps.studio', sandbox: 'a simulated exchange that speaks as Hyperliquid does, in a world of your own' },
  { subject: 'Money', live: 'real; it comes from the follower’s wallet', sandbox: 'made by `POST /v1/sandbox/credits`' },
  {
    subject: 'Prices',
    live: 'the market’s',
    sandbox: 'a random walk from your world’s seed, with makers around it, and what scenarios do to it; nobody else trades there',
  },
  {
    subject: 'Time',
    live: 'real',
    sandbox: 'your test clock’s, where a matter is one of business (see the table of times); real in everything else',
  },
  {
    subject: 'Leaders',
    live: 'any account of the venue',
    sandbox:
      'accounts of your own world, which you let trade by `POST /v1/sandbox/trades` or a scenario; such trades are outside of the book and of margin',
  },
  { subject: 'Agent keys', live: 'made here alone', sandbox: '`POST /v1/venue-accounts/import` takes one as well' },
  { subject: 'Rate limits of the venue', live: 'kept to', sandbox: 'none, unless the operator sets them' },
  { subject: 'Latency', live: 'a network between us and the venue', sandbox: 'one machine: figures are lower, and say nothing about live' },
  {
    subject: 'Age of a leader’s move',
    live: 'real time since the venue’s block',
    sandbox: 'business time since the venue’s block: while the clock stands, a move does not grow old',
  },
  {
    subject: 'Nonces and expiries of orders',
    live: 'judged by the venue’s time, which is real time',
    sandbox: 'judged by real time, however far the clock was advanced',
  },
  {
    subject: 'Life of the venue’s books',
    live: 'the venue keeps them',
    sandbox:
      'in memory: when the simulated venue restarts, or your world was closed because nobody used it, it begins anew with empty books, and `epoch` rises',
  },
  { subject: 'Faults', live: 'none that anybody asked for', sandbox: 'those you set by `POST /v1/sandbox/faults`' },
  { subject: 'Settlement and exports', live: 'the same', sandbox: 'the same, with `livemode` false and periods in business time' },
];
