import { z } from 'zod';
import * as piece from './schemas';

export const PROCESSES = ['gateway', 'engine', 'backoffice', 'venue-sim', 'workbench'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** One environment variable: all that the program, its documentation and its checks know of it. */
export interface Variable {
  /** The property it becomes in the configuration. */
  readonly property: string;
  /** One sentence for the operator. */
  readonly meaning: string;
  readonly schema: z.ZodType<unknown, string>;
  /** The text used when the variable is unset; null when it may stay unset, in which case `meaning` says what then happens. */
  readonly standard: string | null;
  readonly usedBy: readonly ProcessName[];
}

const SERVERS = ['gateway', 'engine', 'backoffice', 'workbench'] as const satisfies readonly ProcessName[];

/** Keeps the exact types of a row, so that the configuration's type follows from this table. */
const row = <const V extends Variable>(variable: V): V => variable;

/** Every variable Lockstep reads. docs/configuration.md is made from it and a test compares them. */
export const VARIABLES = {
  LOG_LEVEL: row({
    property: 'logLevel',
    meaning: 'The least level that is logged: trace, debug, info, warn, error, fatal or silent.',
    schema: piece.logLevel,
    standard: 'info',
    usedBy: SERVERS,
  }),
  LOCKSTEP_DATA_DIR: row({
    property: 'dataDir',
    meaning: 'Folder of the embedded database, of keys made on first start, and of what the demo leaves behind. Delete it to start over.',
    schema: piece.folder,
    standard: '.lockstep',
    usedBy: ['gateway', 'engine', 'workbench'],
  }),
  LOCKSTEP_DRAIN_TIMEOUT_MS: row({
    property: 'drainTimeoutMs',
    meaning: 'How long a process may finish its work after SIGTERM before it ends anyway, in milliseconds.',
    schema: piece.wholeNumber(100, 600_000),
    standard: '10000',
    usedBy: ['gateway', 'engine', 'backoffice'],
  }),
  DATABASE_URL: row({
    property: 'databaseUrl',
    meaning:
      'PostgreSQL (15.14 or later) as the owner of the tables; it runs migrations. Unset: the workbench starts an embedded PostgreSQL in the data folder.',
    schema: piece.postgresUrl,
    standard: null,
    usedBy: SERVERS,
  }),
  APP_DATABASE_URL: row({
    property: 'appDatabaseUrl',
    meaning: 'PostgreSQL as the role of the gateway, which owns no table. Unset: derived from DATABASE_URL.',
    schema: piece.postgresUrl,
    standard: null,
    usedBy: ['gateway', 'workbench'],
  }),
  ENGINE_DATABASE_URL: row({
    property: 'engineDatabaseUrl',
    meaning: 'PostgreSQL as the role of the engine. Unset: derived from DATABASE_URL.',
    schema: piece.postgresUrl,
    standard: null,
    usedBy: ['engine', 'workbench'],
  }),
  BACKOFFICE_DATABASE_URL: row({
    property: 'backofficeDatabaseUrl',
    meaning: 'PostgreSQL as the role of the back office. Unset: derived from DATABASE_URL.',
    schema: piece.postgresUrl,
    standard: null,
    usedBy: ['backoffice', 'workbench'],
  }),
  REDIS_URL: row({
    property: 'redisUrl',
    meaning: 'Redis for rate limits and wake-ups. Unset: limits are kept in each process, wake-ups go through PostgreSQL.',
    schema: piece.redisUrl,
    standard: null,
    usedBy: SERVERS,
  }),
  LOCKSTEP_GATEWAY_HOST: row({
    property: 'gatewayHost',
    meaning: 'Address on which the public API listens.',
    schema: piece.host,
    standard: '127.0.0.1',
    usedBy: ['gateway', 'workbench'],
  }),
  LOCKSTEP_GATEWAY_PORT: row({
    property: 'gatewayPort',
    meaning: 'Port of the public API.',
    schema: piece.port,
    standard: '8080',
    usedBy: ['gateway', 'workbench'],
  }),
  LOCKSTEP_OPERATOR_HOST: row({
    property: 'operatorHost',
    meaning: 'Address on which the operator API and the metrics of the gateway listen. Keep it off the public network.',
    schema: piece.host,
    standard: '127.0.0.1',
    usedBy: ['gateway', 'workbench'],
  }),
  LOCKSTEP_OPERATOR_PORT: row({
    property: 'operatorPort',
    meaning: 'Port of the operator API.',
    schema: piece.port,
    standard: '8081',
    usedBy: ['gateway', 'workbench'],
  }),
  LOCKSTEP_HTTP_ADAPTER: row({
    property: 'httpAdapter',
    meaning: 'HTTP framework below the routes: `fastify`, or `express`. Answers are the same.',
    schema: piece.oneOf(['fastify', 'express']),
    standard: 'fastify',
    usedBy: ['gateway'],
  }),
  LOCKSTEP_TRUST_PROXY_HOPS: row({
    property: 'trustProxyHops',
    meaning:
      'How many proxies stand before the gateway: so many X-Forwarded-For entries are believed, and with at least one X-Forwarded-Host and X-Forwarded-Proto.',
    schema: piece.wholeNumber(0, 10),
    standard: '0',
    usedBy: ['gateway'],
  }),
  LOCKSTEP_DEFAULT_BRAND_NAME: row({
    property: 'defaultBrandName',
    meaning: 'What the public API and its documentation are called on hosts that are no brand’s.',
    schema: piece.plainText(60),
    standard: 'Copy trading',
    usedBy: ['gateway'],
  }),
  LOCKSTEP_ALLOWED_ORIGINS: row({
    property: 'allowedOrigins',
    meaning: 'Browser origins that may open the stream, separated by commas. Unset: none may; programs send no origin.',
    schema: piece.listOf(piece.httpUrl, 1_000),
    standard: null,
    usedBy: ['gateway'],
  }),
  LOCKSTEP_HEALTH_HOST: row({
    property: 'healthHost',
    meaning: 'Address on which the engine and the back office answer health and metrics.',
    schema: piece.host,
    standard: '127.0.0.1',
    usedBy: ['engine', 'backoffice'],
  }),
  LOCKSTEP_TRACES_URL: row({
    property: 'tracesUrl',
    meaning: 'Where an OpenTelemetry collector takes traces by OTLP over HTTP, e.g. http://collector:4318/v1/traces. Unset: nothing is traced.',
    schema: piece.httpUrl,
    standard: null,
    usedBy: ['gateway', 'engine'],
  }),
  LOCKSTEP_TRACES_AUTHORIZATION: row({
    property: 'tracesAuthorization',
    meaning: 'Secret: the Authorization header sent to the collector. Unset: none.',
    schema: piece.secretText(8),
    standard: null,
    usedBy: ['gateway', 'engine'],
  }),
  LOCKSTEP_TRACED_REQUESTS_PERCENT: row({
    property: 'tracedRequestsPercent',
    meaning:
      'How many requests of a hundred are traced. Those that end with 5xx or ask something of the engine are always traced, and so are every wave and every command.',
    schema: piece.wholeNumber(0, 100),
    standard: '5',
    usedBy: ['gateway'],
  }),
  LOCKSTEP_HEALTH_PORT: row({
    property: 'healthPort',
    meaning: 'Port for health and metrics of the engine and the back office; 0 lets the system choose.',
    schema: piece.port,
    standard: '0',
    usedBy: ['engine', 'backoffice'],
  }),
  LOCKSTEP_KEY_PEPPER: row({
    property: 'keyPepper',
    meaning:
      'Secret (32 bytes, base64) under which API keys are stored and what they sign requests with is sealed; several are separated by commas, the first one stores; the same on every gateway. Unset: made on first start in the data folder. How to renew it: docs/sealing.md.',
    schema: piece.secretBytesList,
    standard: null,
    usedBy: ['gateway', 'workbench'],
  }),
  LOCKSTEP_CURSOR_SECRET: row({
    property: 'cursorSecret',
    meaning: 'Secret (32 bytes, base64) that signs page cursors; the same on every gateway. Unset: made on first start in the data folder.',
    schema: piece.secretBytes,
    standard: null,
    usedBy: ['gateway'],
  }),
  LOCKSTEP_SEALING_PUBLIC_KEY: row({
    property: 'sealingPublicKey',
    meaning: 'Public key (lsp_…) with which agent keys are sealed. Unset: made on first start in the data folder.',
    schema: z.string().regex(/^lsp_[A-Za-z0-9_-]{43}$/, { error: 'write a key of the form lsp_ and 43 characters, as printed when it was made' }),
    standard: null,
    usedBy: ['gateway'],
  }),
  LOCKSTEP_SEALING_PRIVATE_KEYS: row({
    property: 'sealingPrivateKeys',
    meaning:
      'Private keys (lss_…) that open sealed agent keys, separated by commas, newest first. Unset: made on first start in the data folder. How to renew them: docs/sealing.md.',
    schema: piece.secretText(47),
    standard: null,
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_PERSONAL_DATA_KEYS: row({
    property: 'personalDataKeys',
    meaning:
      'Private keys (lss_…) that open the tenants’ keys under which personal data is kept, separated by commas, the first one seals; the same on every gateway. `pepper` in the list stands for those that follow from LOCKSTEP_KEY_PEPPER: they open always, and the first one seals where this is unset. How to renew them: docs/sealing.md.',
    schema: piece.secretText(47),
    standard: null,
    usedBy: ['gateway'],
  }),
  LOCKSTEP_SEALING_LOST_KEYS: row({
    property: 'sealingLostKeys',
    meaning:
      'Ids of sealing keys that are lost for good, separated by commas: nothing is refused for what they sealed. Accounts whose agent’s key it was sign nothing until their agent is renewed.',
    schema: piece.listOf(z.string().regex(/^[0-9a-f]{16}$/, { error: 'write ids of keys, 16 hexadecimal digits each' }), 64),
    standard: null,
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_RECONCILE_INTERVAL_MS: row({
    property: 'reconcileIntervalMs',
    meaning: 'How often each venue account is compared with our books, in ms; the accounts take turns.',
    schema: piece.wholeNumber(1_000, 3_600_000),
    standard: '30000',
    usedBy: ['engine'],
  }),
  LOCKSTEP_DOLLAR_COLLATERALS: row({
    property: 'dollarCollaterals',
    meaning:
      'Collaterals that count as one dollar each, in equity, caps and loss limits, separated by commas; entries in instruments of another are denied with `foreign_collateral`.',
    schema: piece.listOf(piece.tokenName, 64),
    standard: 'USDC,USDT0,USDH,USDE',
    usedBy: ['engine'],
  }),
  LOCKSTEP_AGENT_RENEWAL_DAYS: row({
    property: 'agentRenewalDays',
    meaning: 'An agent that ends within so many days is told as expiring, and its renewal is offered.',
    schema: piece.wholeNumber(1, 90),
    standard: '14',
    usedBy: ['engine'],
  }),
  LOCKSTEP_SIGNING_WORKERS: row({
    property: 'signingWorkers',
    meaning: 'How many threads sign orders.',
    schema: piece.wholeNumber(1, 64),
    standard: '2',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_PRESIGNATURES: row({
    property: 'presignatures',
    meaning: 'How many signatures each signing thread prepares while it is idle; 0: none, everything is signed by RFC 6979 at sending.',
    schema: piece.wholeNumber(0, 100_000),
    standard: '8192',
    usedBy: ['engine'],
  }),
  LOCKSTEP_HYPERLIQUID_URL: row({
    property: 'hyperliquidUrl',
    meaning: 'Base address of the Hyperliquid API for the live environment.',
    schema: piece.httpUrl,
    standard: 'https://api.hyperliquid.xyz',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_HYPERLIQUID_NETWORK: row({
    property: 'hyperliquidNetwork',
    meaning: 'Which chain signatures are made for: mainnet or testnet.',
    schema: piece.oneOf(['mainnet', 'testnet']),
    standard: 'mainnet',
    usedBy: ['gateway', 'engine', 'workbench'],
  }),
  LOCKSTEP_PERPS_STUDIO_URL: row({
    property: 'perpsStudioUrl',
    meaning: 'Base address of perps.studio’s Provider API for the live environment, without /v1.',
    schema: piece.httpUrl,
    standard: 'https://api.perps.studio',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_PERPS_STUDIO_KEY: row({
    property: 'perpsStudioKey',
    meaning: 'API key of perps.studio for the live environment (ps_live_…; ps_test_… on the test network). Unset: perps.studio is not offered there.',
    schema: piece.secretText(12),
    standard: null,
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_SIM_PERPS_STUDIO_KEY: row({
    property: 'simPerpsStudioKey',
    meaning:
      'API key of the simulated Provider API, made at the simulated venue’s control port. Unset: perps.studio is not offered in the test environment.',
    schema: piece.secretText(12),
    standard: null,
    usedBy: ['engine'],
  }),
  LOCKSTEP_PERPS_STUDIO_PER_MINUTE: row({
    property: 'perpsStudioPerMinute',
    meaning:
      'Requests a minute that the perps.studio key may make: 100, or what an enterprise key has. An entry that would leave too late for it is denied as rate_budget.',
    schema: piece.wholeNumber(10, 1_000_000),
    standard: '100',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_PERPS_STUDIO_WATCH_THROUGH: row({
    property: 'perpsStudioWatchThrough',
    meaning:
      'Where leaders and accounts of perps.studio are watched: hyperliquid (the streams and reads of the Hyperliquid network of the same environment, no requests of the key) or none (polling inside the key’s budget).',
    schema: piece.oneOf(['hyperliquid', 'none']),
    standard: 'hyperliquid',
    usedBy: ['engine'],
  }),
  LOCKSTEP_SIM_VENUE_URL: row({
    property: 'simVenueUrl',
    meaning: 'Base address of the simulated venue, on which the test environment trades.',
    schema: piece.httpUrl,
    standard: 'http://127.0.0.1:8090',
    usedBy: ['engine', 'backoffice'],
  }),
  LOCKSTEP_SIM_CONTROL_URL: row({
    property: 'simControlUrl',
    meaning: 'Address of the control port of the simulated venue, through which the back office opens and moves tenants’ own worlds.',
    schema: piece.httpUrl,
    standard: 'http://127.0.0.1:8091',
    usedBy: ['backoffice'],
  }),
  LOCKSTEP_SANDBOX_WORLDS: row({
    property: 'sandboxWorlds',
    meaning:
      'What the network `sim` is to a test key: `own`, its tenant’s own world, opened by POST /v1/sandbox; `shared`, the world of the simulated venue that all share, until the tenant opens one of its own.',
    schema: piece.oneOf(['own', 'shared']),
    standard: 'shared',
    usedBy: ['gateway'],
  }),
  LOCKSTEP_ORDERS_PER_CHUNK: row({
    property: 'ordersPerChunk',
    meaning:
      'Orders released to a signing worker at a time; whatever stops risk is looked at before each such chunk. Unset: as many as the venue takes in flight.',
    schema: piece.wholeNumber(1, 10_000),
    standard: null,
    usedBy: ['engine'],
  }),
  LOCKSTEP_ANSWER_TIMEOUT_MS: row({
    property: 'answerTimeoutMs',
    meaning: 'How long an order may go without an answer of the venue before its outcome is unknown and asked for, in ms.',
    schema: piece.wholeNumber(1_000, 120_000),
    standard: '10000',
    usedBy: ['engine'],
  }),
  LOCKSTEP_EGRESS: row({
    property: 'egress',
    meaning:
      'Where requests to the live venue leave from, a comma-separated list: `default`, addresses of this machine, and proxies as http://user:password@host:port. Each brings the venue’s limits of one address; copies’ accounts are divided over them (docs/egress.md).',
    schema: piece.egressList,
    standard: 'default',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_RATE_LIMITS: row({
    property: 'rateLimits',
    meaning:
      'Whether the live venue’s rate limits are kept to: what would exceed them waits, and an entry that would leave later than its copy accepts is denied as rate_budget. The simulated venue is taken to have none, but for LOCKSTEP_SIM_RATE_LIMITS.',
    schema: piece.oneOf(['on', 'off']),
    standard: 'on',
    usedBy: ['engine'],
  }),
  LOCKSTEP_SIM_RATE_LIMITS: row({
    property: 'simRateLimits',
    meaning:
      'Whether the same limits are kept to at the simulated venue, from the same egress addresses: for one that runs with --limits on. An egress address may then be written test:203.0.113.7, which the simulated venue takes at its word and the live venue is never sent.',
    schema: piece.oneOf(['on', 'off']),
    standard: 'off',
    usedBy: ['engine'],
  }),
  LOCKSTEP_POSTS_SPEND_WEIGHT: row({
    property: 'postsSpendWeight',
    meaning:
      'Whether an order over a WebSocket is taken to spend REST weight besides its message, which the venue does not document. `on` is safe either way; `off` lets twice as many orders leave.',
    schema: piece.oneOf(['on', 'off']),
    standard: 'on',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_OUTSIDE_WEIGHT: row({
    property: 'outsideWeight',
    meaning: 'REST weight a minute that is left of each egress address to other processes, a gateway’s reads or an operator’s.',
    schema: piece.wholeNumber(0, 600),
    standard: '60',
    usedBy: ['engine', 'workbench'],
  }),
  LOCKSTEP_FUNDING_PERIOD_MS: row({
    property: 'fundingPeriodMs',
    meaning:
      'Time between two charges of funding at the venue, in ms, counted from the full hour. Shorter only where a simulated venue is told to charge more often.',
    schema: piece.wholeNumber(1_000, 86_400_000),
    standard: '3600000',
    usedBy: ['engine'],
  }),
  LOCKSTEP_CRASH_AT: row({
    property: 'crashAt',
    meaning: 'For crash tests only: the named point, with an optional :N for the N-th pass, at which the engine or the gateway ends itself.',
    schema: z.string().regex(/^[a-z_]{1,40}(:[1-9]\d{0,5})?$/, { error: 'write a crash point, for example journaled:2' }),
    standard: null,
    usedBy: ['engine', 'gateway'],
  }),
  LOCKSTEP_SIM_HOST: row({
    property: 'simHost',
    meaning: 'Address on which the simulated venue listens.',
    schema: piece.host,
    standard: '127.0.0.1',
    usedBy: ['venue-sim'],
  }),
  LOCKSTEP_SIM_PORT: row({
    property: 'simPort',
    meaning: 'Port of the simulated venue.',
    schema: piece.port,
    standard: '8090',
    usedBy: ['venue-sim', 'workbench'],
  }),
  LOCKSTEP_SIM_CONTROL_HOST: row({
    property: 'simControlHost',
    meaning: 'Address of the control port of the simulated venue; other than loopback it needs LOCKSTEP_SIM_CONTROL_KEY.',
    schema: piece.host,
    standard: '127.0.0.1',
    usedBy: ['venue-sim'],
  }),
  LOCKSTEP_SIM_CONTROL_PORT: row({
    property: 'simControlPort',
    meaning: 'Control port of the simulated venue.',
    schema: piece.port,
    standard: '8091',
    usedBy: ['venue-sim', 'workbench'],
  }),
  LOCKSTEP_SIM_CONTROL_KEY: row({
    property: 'simControlKey',
    meaning:
      'Key asked for by the control port of the simulated venue, at least 16 characters. Unset: none is asked for, and the port stays on loopback.',
    schema: piece.secretText(16),
    standard: null,
    usedBy: ['venue-sim', 'backoffice'],
  }),
  LOCKSTEP_SIM_SEED: row({
    property: 'simSeed',
    meaning: 'Seed of the simulated world: the same seed and the same actions give the same world.',
    schema: piece.wholeNumber(0, 4_294_967_295),
    standard: '1',
    usedBy: ['venue-sim', 'workbench'],
  }),
  LOCKSTEP_SIM_VERIFY: row({
    property: 'simVerify',
    meaning: 'Which signatures the simulated venue checks: all, off or sample:N for every N-th.',
    schema: piece.verification,
    standard: 'all',
    usedBy: ['venue-sim'],
  }),
  LOCKSTEP_SIM_USER_SEATS: row({
    property: 'simUserSeats',
    meaning:
      'User streams the engine uses on simulated networks; two of them are kept for order detection, leaders beyond are found in public trades. A real network has 10. Unset: 10 where LOCKSTEP_SIM_RATE_LIMITS is on, else 1000.',
    schema: piece.wholeNumber(1, 1_000),
    standard: null,
    usedBy: ['engine'],
  }),
  LOCKSTEP_SIM_SIGNER_CLAIMS: row({
    property: 'simSignerClaims',
    meaning:
      'For benches only: on names the signer in each order sent to the simulated venue, which then need not recover every signature (sample:N).',
    schema: piece.oneOf(['on', 'off']),
    standard: 'off',
    usedBy: ['engine'],
  }),
  LOCKSTEP_TEST_DATABASE_URL: row({
    property: 'testDatabaseUrl',
    meaning: 'For tests only: a PostgreSQL superuser on whose server test databases are made. Unset: an embedded one is started for the run.',
    schema: piece.postgresUrl,
    standard: null,
    usedBy: [],
  }),
} as const;

export type VariableName = keyof typeof VARIABLES;
export const VARIABLE_NAMES: readonly VariableName[] = Object.keys(VARIABLES).filter((name): name is VariableName => name in VARIABLES);
