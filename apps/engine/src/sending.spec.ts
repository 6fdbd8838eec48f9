import { systemTimers } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import { Sending } from './sending';

/** A wave that ends when it is told to. */
function wave(sending: Sending): { end: () => Promise<void> } {
  let finish: () => void = () => undefined;
  const done = sending.during(() => new Promise<void>((resolve) => (finish = resolve)));
  return {
    end: () => {
      finish();
      return done;
    },
  };
}

describe('while waves are on their way', () => {
  it('other work waits for the last of them', async () => {
    const sending = new Sending(systemTimers, () => 0, 60_000);
    const [first, second] = [wave(sending), wave(sending)];
    let quiet = false;
    const waited = sending.quiet().then(() => {
      quiet = true;
    });
    expect(sending.busy).toBe(true);
    await first.end();
    await Promise.resolve();
    expect(quiet).toBe(false);
    await second.end();
    await waited;
    expect(sending.busy).toBe(false);
  });

  it('nothing waits where no wave is', async () => {
    await new Sending(systemTimers, () => 0, 60_000).quiet();
  });

  it('nothing waits longer than the bound in a row', async () => {
    let now = 0;
    const sending = new Sending(systemTimers, () => now, 10);
    const running = wave(sending);
    await sending.quiet();
    now = 10;
    expect(sending.busy).toBe(false);
    await sending.quiet();
    await running.end();
  });

  it('a failed wave holds nothing up', async () => {
    const sending = new Sending(systemTimers, () => 0, 60_000);
    await expect(sending.during(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect(sending.busy).toBe(false);
  });
});
