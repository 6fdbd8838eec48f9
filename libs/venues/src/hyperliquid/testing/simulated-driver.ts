import { randomBytes, randomInt } from 'node:crypto';
import type { Approved, Clock, Random } from '@lockstep/kernel';
import type { ConformanceDriver, TradingAccount } from '../../conformance';
import type { OrderColumns, Venue, WorkingChange, WorkingOrder } from '../../port';
import { createHyperliquidVenue } from '../adapter';
import type { HyperliquidSettings, VenueLogEntry } from '../config';
import { generateAgentKey } from '../sign/agent-key';
import { BUILT_WORKER, SimulatedVenue } from './simulated-venue';

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
export const systemRandom: Random = { bytes: (length) => randomBytes(length), below: (below) => randomInt(below) };

/** Signatures each signing thread prepares: thousands, as in service, would cost a test more than all its orders. */
export const FEW_PRESIGNATURES = 64;

const AGENT_NAME = 'copytrade';
const hexAddress = (): string => `0x${randomBytes(20).toString('hex')}`;

/** Runs the conformance cases against the simulated venue through the real adapter. */
export class SimulatedDriver implements ConformanceDriver {
  readonly coin = 'BTC';
  readonly strangerBuilder = hexAddress();
  readonly logged: VenueLogEntry[] = [];
  private nextHandle = 0;
  private lastNonce = 0;

  private constructor(
    readonly simulator: SimulatedVenue,
    settings: Partial<HyperliquidSettings>,
  ) {
    this.venue = createHyperliquidVenue(
      {
        url: simulator.url,
        wsUrl: simulator.wsUrl,
        network: 'mainnet',
        answerTimeoutMs: 8_000,
        presignaturesPerWorker: FEW_PRESIGNATURES,
        reconnectMinMs: 50,
        // The cases open more connections in a minute than a process ever would.
        watchOpeningsPerMinute: 1_000,
        ...settings,
      },
      { clock: systemClock, random: systemRandom, log: (entry) => this.logged.push(entry), workerFile: BUILT_WORKER },
    );
  }

  readonly venue: Venue;

  static async start(settings: Partial<HyperliquidSettings> = {}, flags: readonly string[] = []): Promise<SimulatedDriver> {
    return new SimulatedDriver(await SimulatedVenue.start(flags), settings);
  }

  async account(): Promise<TradingAccount> {
    const account = await this.stranger();
    const address = hexAddress();
    await this.world('accounts', { accounts: [{ address, credits: { '': '10000' }, agent: { address: account.address, name: AGENT_NAME } }] });
    return { ...account, address };
  }

  async stranger(): Promise<TradingAccount> {
    const key = await generateAgentKey(systemRandom);
    const signer = this.nextHandle;
    this.nextHandle += 1;
    await this.venue.orders.loadSigners([{ handle: signer, agentAddress: key.address, privateKey: key.privateKey }]);
    return { address: key.address, signer, nextNonce: () => this.nextNonce() };
  }

  async approveBuilder(account: TradingAccount, maxFeeTenthsBp: number): Promise<string> {
    const builder = hexAddress();
    await this.world('credit', { address: builder, amount: '1000' });
    await this.world('accounts', { accounts: [{ address: account.address, builder: { address: builder, maxTenthsBp: maxFeeTenthsBp } }] });
    return builder;
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

  async replaceAgent(account: TradingAccount): Promise<void> {
    await this.world('accounts', { accounts: [{ address: account.address, agent: { address: hexAddress(), name: AGENT_NAME } }] });
  }

  async close(): Promise<void> {
    await this.venue.close();
    await this.simulator.stop();
  }

  async world(verb: string, body: unknown): Promise<unknown> {
    return await this.simulator.control(`/worlds/main/${verb}`, body);
  }

  private nextNonce(): number {
    this.lastNonce = Math.max(Date.now(), this.lastNonce + 1);
    return this.lastNonce;
  }
}
