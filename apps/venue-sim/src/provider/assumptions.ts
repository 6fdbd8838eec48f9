/*
 * Everything the Provider API's documents leave open, decided here and nowhere else. When a real answer shows otherwise, this file and the one of the
 * same name beside the adapter (libs/venues/src/perps-studio) change.
 */

/** Requests a key may make in a window, and the window: fixed, beginning with the key's first request in it. */
export const REQUESTS_PER_WINDOW = 100;
export const WINDOW_MS = 60_000;

/** A connection with a missing or wrong key is closed with this code (documented), at once after it opened. */
export const CLOSE_BAD_KEY = 4001;
/** A connection whose client said nothing, not even a ping, for so long is closed with the code below. */
export const SOCKET_IDLE_MS = 60_000;
export const CLOSE_IDLE = 1000;

/** What a key of the test network gets on a live path. */
export const TEST_KEY_ON_LIVE_PATH = 'Invalid API key';

/** A success of a POST or DELETE. */
export const SUCCESS_STATUS = 200;

/** Stands where the documents promise a decimal and there is none: no liquidation price, nothing filled. */
export const NO_DECIMAL = '0';

/** Levels of a book when `depth` is not given, and at most. */
export const DEPTH_DEFAULT = 20;
export const DEPTH_MAX = 100;

/** Rows of recent trades (documented). */
export const TRADES_DEFAULT = 50;
export const TRADES_MAX = 200;

/** Candles without a start reach back this many intervals. */
export const CANDLES_DEFAULT = 500;
/** Funding without a start reaches back so long. */
export const FUNDING_DEFAULT_MS = 7 * 86_400_000;

/** What an order of each type becomes upstream (§9.1): limit orders rest, market orders carry the caller's price as their bound. */
export const TIF_OF = { limit: 'Gtc', market: 'FrontendMarket' } as const;

/** A leverage request without `marginMode` means this one. */
export const MARGIN_MODE_DEFAULT = 'cross';

/** Health: `checkMethod` of the provider that is simulated, and the latency from which it is `degraded` (documented). */
export const CHECK_METHOD = 'info:exchangeStatus';
export const DEGRADED_LATENCY_MS = 3_000;

/** A signature is 65 bytes: r, s, and v as 27, 28, 0 or 1. */
export const SIGNATURE_PATTERN = /^0x[0-9a-fA-F]{130}$/;
