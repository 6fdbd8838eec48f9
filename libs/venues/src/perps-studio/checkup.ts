import { type Clock, formatDecimal, UNIT_SCALE } from '@lockstep/kernel';
import { Agent, type Dispatcher, request } from 'undici';
import WebSocket from 'ws';
import { z } from 'zod';
import { type Finding, fail, good, told, warn } from '../port/finding';
import { restPrefix, socketPath } from './assumptions';
import type { PerpsStudioConfig } from './config';
import { HIDDEN_KEY } from './transport/rest';
import { accountAnswer, accountPath } from './wire/account';
import { errorBody } from './wire/error';
import { marketsAnswer, marketsPath } from './wire/markets';

/** What is looked at besides the API itself. */
export interface PerpsStudioCheckupPlan {
  /** Gives the API key; null: only what needs none is looked at. */
  readonly apiKey: (() => string) | null;
  /** An account whose equity is read. */
  readonly account: string | null;
  /** Size of the wave whose length is told. */
  readonly followers: number;
}

const healthAnswer = z.object({ status: z.string(), timestamp: z.iso.datetime(), providers: z.record(z.string(), z.object({ status: z.string() })) });
/** The clock's error is the way there and back; entries carry times of seconds. */
const OFFSET_WARN_MS = 2_000;
const DETAIL_CHARS_MAX = 200;

/** The API as a checkup asks it. */
interface AskedApi {
  readonly config: PerpsStudioConfig;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly limit: string | undefined;
  readonly tookMs: number;
}

/** Looks at a Provider API. Only reads: at most three requests of the key. Tells each finding as it is made and stops where there is no use in going on. */
export async function checkPerpsStudio(
  config: PerpsStudioConfig,
  plan: PerpsStudioCheckupPlan,
  clock: Clock,
  tell: (finding: Finding) => void,
): Promise<void> {
  const dispatcher = new Agent({ connections: 1, connectTimeout: config.connectTimeoutMs, maxResponseSize: config.answerBytesMax });
  try {
    await look({ config, clock, dispatcher }, plan, tell);
  } finally {
    await dispatcher.destroy();
  }
}

async function look(api: AskedApi, plan: PerpsStudioCheckupPlan, tell: (finding: Finding) => void): Promise<void> {
  const { config } = api;
  if (!(await checkHealth(api, tell))) return;
  if (plan.apiKey === null) return tell(warn('key', 'none is set', 'set LOCKSTEP_PERPS_STUDIO_KEY to look further'));
  const { apiKey } = plan;
  const markets = await ask(api, marketsPath(false), apiKey);
  if (typeof markets === 'string' || markets.status !== 200) {
    return tell(fail('key', refusalOf(markets), 'make a key at the portal (ps_live_… for the main network) and set LOCKSTEP_PERPS_STUDIO_KEY'));
  }
  tell(good('key', `is taken; an answer takes ${markets.tookMs.toFixed(0)} ms`));
  tell(budgetFinding(config, plan.followers, markets.limit));
  const listed = marketsAnswer.safeParse(markets.body);
  tell(
    listed.success
      ? told('markets', `${listed.data.length} perps`)
      : fail('markets', 'are not told as documented', 'do not trade before the adapter reads them (wire/markets.ts)'),
  );
  tell(await checkChannels(config, apiKey));
  if (plan.account !== null) tell(await checkAccount(api, plan.account, apiKey));
}

async function checkHealth(api: AskedApi, tell: (finding: Finding) => void): Promise<boolean> {
  const { config, clock } = api;
  const sentAt = clock.now();
  const answer = await ask(api, '/health', null);
  const read = typeof answer === 'string' ? null : healthAnswer.safeParse(answer.body);
  if (typeof answer === 'string' || read === null || !read.success) {
    tell(
      fail(
        'venue',
        `${config.url}: ${typeof answer === 'string' ? answer : 'no Provider API answers there'}`,
        'check the address and the way out of this machine',
      ),
    );
    return false;
  }
  const { status, timestamp, providers } = read.data;
  const exchange = providers.hyperliquid?.status ?? 'not named';
  tell(
    status === 'ok' && exchange === 'ok'
      ? good('venue', `${config.url} answers, Hyperliquid under it is ok`)
      : warn('venue', `${status}; Hyperliquid is ${exchange}`, 'wait: orders would be refused'),
  );
  const offset = Date.parse(timestamp) - (sentAt + answer.tookMs / 2);
  const words = `the API's clock stands ${offset.toFixed(0)} ms before ours, give or take ${(answer.tookMs / 2 + 1).toFixed(0)} ms`;
  tell(
    Math.abs(offset) > OFFSET_WARN_MS + answer.tookMs / 2
      ? warn('clock', words, 'set the clock of this machine by NTP: nonces are times')
      : good('clock', words),
  );
  return true;
}

function budgetFinding({ requestsPerMinute }: PerpsStudioConfig, followers: number, limit: string | undefined): Finding {
  const minutes = Math.ceil(followers / requestsPerMinute);
  const words = `${requestsPerMinute} requests a minute: a wave of ${followers} takes ${minutes === 1 ? 'less than a minute' : `some ${minutes} minutes`}`;
  if (limit === undefined || Number(limit) === requestsPerMinute) return told('rate budget', words);
  return warn('rate budget', `${words}; the API says ${limit}`, `set LOCKSTEP_PERPS_STUDIO_PER_MINUTE=${limit}`);
}

async function checkAccount(api: AskedApi, account: string, apiKey: () => string): Promise<Finding> {
  const answer = await ask(api, accountPath(account, ''), apiKey);
  const read = typeof answer === 'string' || answer.status !== 200 ? null : accountAnswer.safeParse(answer.body);
  if (read === null || !read.success) return fail('account', `${account}: ${refusalOf(answer)}`, 'ask again');
  const { equity } = read.data;
  const words = `${account} holds $${formatDecimal(equity, UNIT_SCALE)}`;
  return equity > 0n ? good('account', words) : warn('account', words, 'deposit at Hyperliquid before copying');
}

/** Opens the market channels once. The key stays out of every text. */
function checkChannels(config: PerpsStudioConfig, apiKey: () => string): Promise<Finding> {
  const path = socketPath(config.network === 'testnet', 'perps');
  const started = performance.now();
  const socket = new WebSocket(`${config.wsUrl}${path}`, { headers: { 'x-api-key': apiKey() }, handshakeTimeout: config.connectTimeoutMs });
  const refused = (why: string): Finding => fail('channels', why, 'marks and books come over them: check the key, and let WebSockets through');
  return new Promise((resolve) => {
    let opened = 0;
    const end = (finding: Finding): void => {
      clearTimeout(timer);
      socket.on('error', () => undefined);
      socket.terminate();
      resolve(finding);
    };
    const timer = setTimeout(() => end(refused(`no answer within ${config.connectTimeoutMs} ms`)), config.connectTimeoutMs + 1_000);
    socket.once('error', () => end(refused('no connection')));
    socket.once('close', (code) => end(refused(code === 4001 ? 'the key is refused (4001)' : `closed with code ${code}`)));
    // A refused key is told by a close right after the handshake: a pong means that it was taken.
    socket.once('open', () => {
      opened = performance.now() - started;
      socket.ping();
    });
    socket.once('pong', () => end(good('channels', `open in ${opened.toFixed(0)} ms`)));
  });
}

/** One answer, or why there is none. */
async function ask({ config, clock, dispatcher }: AskedApi, path: string, apiKey: (() => string) | null): Promise<Answer | string> {
  const started = clock.monotonic();
  try {
    const response = await request(`${config.url}${restPrefix(config.network === 'testnet')}${path}`, {
      dispatcher,
      headers: apiKey === null ? {} : { 'x-api-key': apiKey() },
      headersTimeout: config.readTimeoutMs,
      bodyTimeout: config.readTimeoutMs,
    });
    const text = await response.body.text();
    const limit = response.headers['x-ratelimit-limit'];
    return {
      status: response.statusCode,
      body: parsed(apiKey === null ? text : text.replaceAll(apiKey(), HIDDEN_KEY)),
      limit: typeof limit === 'string' ? limit : undefined,
      tookMs: clock.monotonic() - started,
    };
  } catch (failure) {
    return (failure instanceof Error ? failure.message : String(failure)).slice(0, DETAIL_CHARS_MAX);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusalOf(answer: Answer | string): string {
  if (typeof answer === 'string') return answer;
  const read = errorBody.safeParse(answer.body);
  return read.success ? `${read.data.error.code}: ${read.data.error.message}` : `HTTP ${answer.status}`;
}
