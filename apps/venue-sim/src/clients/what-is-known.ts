import type { VenueProcess } from '@lockstep/simulation';
import type { TestContext } from 'vitest';
import { listen, postJson } from '../testing/clients';
import type { Network } from './networks';

/** What a test needs the venue to know: reads, actions by an example, subscriptions. */
export interface Needs {
  readonly info?: readonly Readonly<Record<string, unknown>>[];
  readonly actions?: readonly Readonly<Record<string, unknown>>[];
  readonly streams?: readonly Readonly<Record<string, unknown>>[];
}

const NO_SIGNATURE = { r: '0x0', s: '0x1', v: 27 };

/** Skips the test where the running venue does not know one of these yet, naming it. */
export async function skipUnlessKnown(context: TestContext, venue: VenueProcess, { world }: Network, needs: Needs): Promise<void> {
  for (const request of needs.info ?? []) {
    const { status } = await postJson(`${venue.httpUrl(world)}/info`, request);
    context.skip(status === 422, `no read ${String(request.type)} yet`);
  }
  for (const action of needs.actions ?? []) {
    const { status } = await postJson(`${venue.httpUrl(world)}/exchange`, { action, nonce: Date.now(), signature: NO_SIGNATURE });
    context.skip(status === 422, `no action ${String(action.type)} yet`);
  }
  for (const subscription of needs.streams ?? []) {
    const listener = await listen(venue.wsUrl(world));
    listener.say({ method: 'subscribe', subscription });
    const { channel } = await listener.hear((frame) => frame.channel === 'subscriptionResponse' || frame.channel === 'error');
    listener.close();
    context.skip(channel === 'error', `no stream ${String(subscription.type)} yet`);
  }
}
