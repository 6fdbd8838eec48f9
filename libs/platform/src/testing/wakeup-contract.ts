import { afterEach, describe, expect, it } from 'vitest';
import type { Wakeups } from '../wakeup/wakeups';

/** Two ends of one carrier, as two processes would hold them; `interrupt` breaks the connection of `there`. */
export interface WakeupsUnderTest {
  readonly here: Wakeups;
  readonly there: Wakeups;
  interrupt(): Promise<void>;
  close(): Promise<void>;
}

const PATIENCE = { timeout: 30_000, interval: 10 };

/** What every carrier of wake-ups promises. */
export function wakeupContract(name: string, open: () => Promise<WakeupsUnderTest>): void {
  describe(`wake-up contract: ${name}`, () => {
    let ends: WakeupsUnderTest | null = null;
    const opened = async (): Promise<WakeupsUnderTest> => {
      ends = await open();
      return ends;
    };
    afterEach(async () => {
      await ends?.close();
      ends = null;
    });

    it('reach every listener of their channel, in order, and no other', async () => {
      const { here, there } = await opened();
      const [one, two, other]: [string[], string[], string[]] = [[], [], []];
      await there.subscribe('moves.a', (payload) => one.push(payload));
      await there.subscribe('moves.a', (payload) => two.push(payload));
      await there.subscribe('moves.b', (payload) => other.push(payload));
      const sent = Array.from({ length: 50 }, (_, index) => `w${index} ü"'\\`);
      await Promise.all(sent.map((payload) => here.publish('moves.a', payload)));
      await here.publish('moves.b', '');
      await expect.poll(() => other, PATIENCE).toEqual(['']);
      expect(one).toEqual(sent);
      expect(two).toEqual(sent);
    });

    it('no longer reach a listener that has stopped, while another goes on', async () => {
      const { here, there } = await opened();
      const [gone, stays]: [string[], string[]] = [[], []];
      const listener = (payload: string): number => gone.push(payload);
      const stop = await there.subscribe('c', listener);
      await there.subscribe('c', (payload) => stays.push(payload));
      await stop();
      await stop();
      await here.publish('c', 'x');
      await expect.poll(() => stays, PATIENCE).toEqual(['x']);
      expect(gone).toEqual([]);
    });

    it('survive a listener that throws', async () => {
      const { here, there } = await opened();
      const seen: string[] = [];
      await there.subscribe('c', () => {
        throw new Error('mine');
      });
      await there.subscribe('c', (payload) => seen.push(payload));
      await here.publish('c', '1');
      await here.publish('c', '2');
      await expect.poll(() => seen, PATIENCE).toEqual(['1', '2']);
    });

    it('tell of a gap after a lost connection, and arrive again', async () => {
      const { here, there, interrupt } = await opened();
      const seen: string[] = [];
      let gaps = 0;
      await there.subscribe('c', (payload) => seen.push(payload));
      there.onReconnect(() => {
        gaps += 1;
      });
      await interrupt();
      await expect.poll(() => gaps, PATIENCE).toBe(1);
      const arrived = async (): Promise<boolean> => {
        await here.publish('c', 'after').catch(() => undefined);
        return seen.includes('after');
      };
      await expect.poll(arrived, PATIENCE).toBe(true);
    });

    it.each([
      ['a long payload', 'c', 'ü'.repeat(101)],
      ['an empty channel', '', 'x'],
      ['a channel with a quote', 'a"b', 'x'],
      ['a long channel', 'c'.repeat(61), 'x'],
    ])('assert against %s', async (_what, channel, payload) => {
      const { here } = await opened();
      await expect(async () => here.publish(channel, payload)).rejects.toThrow(/wake-up/);
    });
  });
}
