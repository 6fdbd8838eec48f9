import type { IpLimits, StreamFrame, Subscription } from '@lockstep/simulation';
import type { SubscriptionJson } from './client-frame';
import type { Hall } from './halls';
import { acknowledgement, errorFrame } from './socket-frames';

/** The live subscriptions of one connection, with the venue's acknowledgements and refusals. */
export interface Subscriptions {
  subscribe(wanted: SubscriptionJson): void;
  unsubscribe(wanted: SubscriptionJson): void;
  closeAll(): void;
}

export interface SubscriptionsOrder {
  readonly hall: Hall;
  readonly ip: string;
  readonly limits: IpLimits;
  /** Sends a control frame. */
  readonly say: (text: string) => void;
  /** Sends a frame of a subscription; faults of streams strike here. */
  readonly stream: (frame: StreamFrame) => void;
}

interface Live {
  readonly subscription: Subscription;
  readonly user: string | null;
}

export function createSubscriptions({ hall, ip, limits, say, stream }: SubscriptionsOrder): Subscriptions {
  const live = new Map<string, Live>();
  const drop = (key: string, { subscription, user }: Live): void => {
    subscription.close();
    limits.dropSubscription(ip, user);
    live.delete(key);
  };

  return {
    subscribe: (wanted) => {
      // Frames of the block that opens the subscription may come before the acknowledgement is written: they wait for it.
      const early: StreamFrame[] = [];
      let acknowledged = false;
      const opened = hall.world.subscribe(wanted, (frame) => (acknowledged ? stream(frame) : early.push(frame)));
      if (!opened.ok) return say(errorFrame(opened.error));
      const key = JSON.stringify(opened.value.echo);
      const user = typeof wanted.user === 'string' ? wanted.user.toLowerCase() : null;
      const refusal = live.has(key) ? `Already subscribed: ${key}` : refusalOf(limits.addSubscription(ip, user));
      if (refusal !== null) {
        opened.value.close();
        return say(errorFrame(refusal));
      }
      live.set(key, { subscription: opened.value, user });
      say(acknowledgement('subscribe', opened.value.echo));
      acknowledged = true;
      for (const frame of [...opened.value.initial, ...early]) stream(frame);
    },
    unsubscribe: (wanted) => {
      const probe = hall.world.subscribe(wanted, () => {});
      if (!probe.ok) return say(errorFrame(probe.error));
      probe.value.close();
      const key = JSON.stringify(probe.value.echo);
      const known = live.get(key);
      if (known === undefined) return say(errorFrame(`Already unsubscribed: ${key}`));
      drop(key, known);
      say(acknowledgement('unsubscribe', probe.value.echo));
    },
    closeAll: () => {
      for (const [key, known] of [...live]) drop(key, known);
    },
  };
}

function refusalOf(taken: ReturnType<IpLimits['addSubscription']>): string | null {
  return taken.ok ? null : taken.error;
}
