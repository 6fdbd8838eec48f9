import { randomBytes, randomInt } from 'node:crypto';
import type { Approved, Clock, Random } from '@lockstep/kernel';
import { z } from 'zod';
import type { ConformanceDriver, TradingAccount } from '../../conformance';
import { createHyperliquidFeed } from '../../hyperliquid/adapter';
import { generateAgentKey } from '../../hyperliquid/sign/agent-key';
import { SimulatedVenue } from '../../hyperliquid/testing/simulated-venue';
import type { OrderColumns, Venue, VenueFeed, WorkingChange, WorkingOrder } from '../../port';
import { createPerpsStudioVenue } from '../adapter';
import type { PerpsStudioConfig, PerpsStudioLogEntry } from '../config';

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
const random: Random = { bytes: (length) => randomBytes(length), below: (below) => randomInt(below) };
const hexAddress = (): string => `0x${randomBytes(20).toString('hex')}`;
const keyAnswer = z.object({ key: z.string() });

export interface DriverOrder {
  /** Leaders, fills and funding through the exchange's own public side. */
  readonly watchThrough: boolean;
  /** What the key may; also what the adapter is told of it. */
  readonly requestsPerMinute: number;
  readonly settings?: Partial<PerpsStudioConfig>;
  readonly flags?: readonly string[];
}

/** Runs a perps.studio adapter against the simulated Provider API. */
export class PerpsStudioDriver implements ConformanceDriver {
  readonly coin = 'BTC';
  readonly strangerBuilder = hexAddress();
  readonly logged: PerpsStudioLogEntry[] = [];
  readonly venue: Venue;
  private nextHandle = 0;
  private lastNonce = 0;

  private constructor(
    readonly simulator: SimulatedVenue,
    readonly apiKey: string,
    private readonly underlying: VenueFeed | null,
    { requestsPerMinute, settings = {}, flags = [] }: DriverOrder,
  ) {
    const { url } = simulator;
    this.venue = createPerpsStudioVenue(
      {
        url,
        wsUrl: url.replace('http', 'ws'),
        network: flags.includes('--testnet') ? 'testnet' : 'mainnet',
        requestsPerMinute,
        reconnectMinMs: 50,
        answerTimeoutMs: 1_500,
        ...settings,
      },
      { clock, random, log: (entry) => this.logged.push(entry), apiKey: () => apiKey, underlying },
    );
  }

  static async start(order: DriverOrder): Promise<PerpsStudioDriver> {
    const simulator = await SimulatedVenue.start(order.flags);
    const { key } = keyAnswer.parse(
      await simulator.control('/provider/keys', {
        kind: order.flags?.includes('--testnet') ? 'test' : 'live',
        requestsPerMinute: order.requestsPerMinute,
      }),
    );
    const feed = (): VenueFeed =>
      createHyperliquidFeed(
        { url: simulator.url, wsUrl: simulator.wsUrl, network: 'mainnet', reconnectMinMs: 50 },
        { clock, random, log: () => undefined },
      );
    const driver = new PerpsStudioDriver(simulator, key, order.watchThrough ? feed() : null, order);
    await driver.venue.truth.markets();
    return driver;
  }

  async account(): Promise<TradingAccount> {
    const address = hexAddress();
    const key = await generateAgentKey(random);
    await this.world('accounts', {
      accounts: [{ address, credits: { '': '10000', xyz: '10000' }, agent: { address: key.address, name: 'copytrade' } }],
    });
    return await this.loaded(address, key.address, key.privateKey);
  }

  async stranger(): Promise<TradingAccount> {
    const key = await generateAgentKey(random);
    return await this.loaded(key.address, key.address, key.privateKey);
  }

  async approveBuilder(): Promise<string> {
    throw new Error('perps.studio takes no builder fee');
  }

  async loseNextOrderAnswer(): Promise<void> {
    await this.world('faults', { target: 'exchange', effect: { kind: 'silence' }, when: 'after', type: 'order' });
  }

  async chargeFunding(): Promise<void> {
    await this.world('funding', { coin: this.coin, hourlyRate: '0.0001', charge: true });
  }

  async cutConnections(): Promise<void> {
    await this.world('disconnect', {});
  }

  venueNow(): number {
    return Date.now();
  }

  /** The one cast of the tests: no risk gate stands before a venue's own conformance. */
  approved(orders: OrderColumns): Approved<OrderColumns> {
    return orders as Approved<OrderColumns>;
  }

  approvedWorking<T extends readonly (WorkingOrder | WorkingChange)[]>(orders: T): Approved<T> {
    return orders as Approved<T>;
  }

  async replaceAgent({ address }: TradingAccount): Promise<void> {
    await this.world('accounts', { accounts: [{ address, agent: { address: hexAddress(), name: 'copytrade' } }] });
  }

  async close(): Promise<void> {
    await this.venue.close();
    await this.underlying?.close();
    await this.simulator.stop();
  }

  async world(verb: string, body: unknown): Promise<unknown> {
    return await this.simulator.control(`/worlds/main/${verb}`, body);
  }

  private async loaded(wallet: string, agentAddress: string, privateKey: Uint8Array): Promise<TradingAccount> {
    const handle = this.nextHandle;
    this.nextHandle += 1;
    await this.venue.orders.loadSigners([{ handle, agentAddress, privateKey, wallet }]);
    return { address: wallet, signer: handle, nextNonce: () => this.nextNonce() };
  }

  private nextNonce(): number {
    this.lastNonce = Math.max(Date.now(), this.lastNonce + 1);
    return this.lastNonce;
  }
}
