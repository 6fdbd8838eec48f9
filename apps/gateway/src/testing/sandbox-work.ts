import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { present } from '@lockstep/kernel';
import type { GatewayRig, RigTenant } from './rig';

/** What a world answers to the two reads that the gateway passes on, in the venue's shapes. */
const READS: Readonly<Record<string, unknown>> = {
  metaAndAssetCtxs: [
    { universe: [{ name: 'BTC', szDecimals: 5, maxLeverage: 40 }], collateralToken: 0 },
    [{ markPx: '66300.0', oraclePx: '66290.0', midPx: '66300.5', funding: '0.0000125' }],
  ],
  clearinghouseState: {
    marginSummary: { accountValue: '1234.5' },
    withdrawable: '1000.0',
    assetPositions: [
      { position: { coin: 'BTC', szi: '0.05', entryPx: '66000.0', unrealizedPnl: '15.0', leverage: { value: 10 }, liquidationPx: null } },
    ],
  },
};

let standIn: Promise<string> | null = null;
/** The address of a server that answers them; it ends with the process. */
function worldUrl(): Promise<string> {
  standIn ??= new Promise((resolve) => {
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => {
        text += part.toString();
      });
      request.on('end', () => response.end(JSON.stringify(READS[String(JSON.parse(text).type)] ?? null)));
    });
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).unref();
  });
  return standIn;
}

/** Opens a tenant's own world as the back office does once it was asked to. */
export async function openWorldAsBackoffice(rig: GatewayRig, { scope }: Pick<RigTenant, 'scope'>): Promise<void> {
  const url = await worldUrl();
  await rig.backoffice.scoped(scope, async (unit) => {
    const sandbox = present(await unit.sandboxes.own(true), 'the sandbox that was asked for');
    const face = { frozen: false, realAt: unit.now, businessAt: unit.now };
    await unit.sandboxes.putNetwork({ venue: 'hyperliquid', network: sandbox.network, url }, face);
    await unit.sandboxes.update({ id: sandbox.id }, { status: 'open', epoch: 1, openedAt: unit.now });
  });
  await endTasksAsBackoffice(rig, { scope });
}

/** Ends what is asked of a tenant's world: trades are refused, everything else is done. */
export async function endTasksAsBackoffice(rig: GatewayRig, { scope }: Pick<RigTenant, 'scope'>): Promise<void> {
  await rig.backoffice.scoped(scope, async (unit) => {
    for (let task = await unit.sandboxTasks.claim(); task !== null; task = await unit.sandboxTasks.claim())
      await unit.sandboxTasks.end(task, task.kind === 'trade' ? { error: 'trade_refused', result: { trades: [] } } : { error: null, result: {} });
  });
}
