import type { VenueProcess } from '@lockstep/simulation';
import { signL1Action } from '@nktkas/hyperliquid/signing';
import type { PrivateKeyAccount } from 'viem/accounts';
import { z } from 'zod';
import { account, lower, startServer } from '../../testing/clients';

/** A wallet with money, its agent, and somebody else's key. */
export const trader = account(701);
export const agent = account(702);
export const stranger = account(703);
/** BTC on the main network. */
const BTC = 0;

export const keyAnswer = z.object({ key: z.string() });

/** The action behind an order of one asset. */
export const orderAction = (b: boolean, p: string, s: string, tif: string, r = false, a = BTC) => ({
  type: 'order',
  orders: [{ a, b, p, s, r, t: { limit: { tif } } }],
  grouping: 'na',
});

export interface OrderFields {
  readonly side: 'buy' | 'sell';
  readonly type: 'market' | 'limit';
  readonly price: string;
  readonly size: string;
  readonly reduceOnly?: boolean;
}

/** A client of the simulated Provider API that signs by an independent client's code. Needs the built server. */
export function providerStage() {
  let venue: VenueProcess | null = null;
  let key = '';
  let nonce = Date.now();
  const running = (): VenueProcess => {
    if (venue === null) throw new Error('the stage is not started');
    return venue;
  };
  const nextNonce = (): number => {
    nonce = Math.max(nonce + 1, Date.now());
    return nonce;
  };

  /** A call of the control port. */
  const control = async (path: string, body: unknown, method: 'POST' | 'DELETE' = 'POST'): Promise<unknown> => {
    const sent = method === 'POST' ? { method, body: JSON.stringify(body) } : { method };
    return await (await fetch(`http://127.0.0.1:${running().controlPort}${path}`, sent)).json();
  };
  const newKey = async (wish: object = {}): Promise<string> =>
    keyAnswer.parse(await control('/provider/keys', { requestsPerMinute: 10_000, ...wish })).key;

  /** A request; `key: null` sends none. */
  const call = async (method: string, path: string, options: { readonly key?: string | null; readonly body?: unknown } = {}) => {
    const used = options.key === undefined ? key : options.key;
    const response = await fetch(`${running().httpUrl()}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(used === null ? {} : { 'X-API-Key': used }) },
      ...(options.body === undefined ? {} : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };

  /** What a trading body carries beside its own fields. */
  const authorise = async (action: Record<string, unknown>, signer: PrivateKeyAccount = agent, at = nextNonce(), testnet = false) => {
    const { r, s, v } = await signL1Action({ wallet: signer, action, nonce: at, isTestnet: testnet });
    return { wallet: lower(trader), signature: `${r}${s.slice(2)}${v.toString(16)}`, nonce: at };
  };

  /** Places an order of BTC. */
  const place = async (fields: OrderFields, signer = agent, at?: number) => {
    const tif = fields.type === 'market' ? 'FrontendMarket' : 'Gtc';
    const action = orderAction(fields.side === 'buy', fields.price, fields.size, tif, fields.reduceOnly ?? false);
    return await call('POST', '/v1/perps/hyperliquid/orders', { body: { symbol: 'BTC', ...fields, ...(await authorise(action, signer, at)) } });
  };

  return {
    start: async (): Promise<void> => {
      venue = await startServer('--path', 'still', '--block-ms', '20');
      key = await newKey();
      await venue.control.setUpAccounts('main', [
        { address: lower(trader), credits: { '': '10000', xyz: '1000' }, agent: { address: lower(agent), name: 'api' } },
      ]);
    },
    stop: async (): Promise<void> => await venue?.stop(),
    venue: running,
    key: () => key,
    nextNonce,
    control,
    newKey,
    call,
    authorise,
    place,
  };
}

/** The status and code of a refusal, e.g. `429 RATE_LIMITED`. */
export const errorOf = ({ status, body }: { readonly status: number; readonly body: unknown }): string => {
  const read = z.object({ error: z.object({ code: z.string() }) }).safeParse(body);
  return `${status} ${read.success ? read.data.error.code : 'no error'}`;
};
