import type { WatchedAccount } from '../state/registry';
import type { LeaderWatch } from '../watch/leader-watch';

/** Longest that a command waits for the venue to tell where a leader stands, in ms. */
const SYNC_WAIT_MS = 30_000;

/** Waits until the leader's state was read, at most a bounded time; false when it was not. It goes on being watched either way. */
export async function syncedInTime(watch: Pick<LeaderWatch, 'synced'>, watched: WatchedAccount, waitMs = SYNC_WAIT_MS): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  await Promise.race([watch.synced(watched), late]);
  clearTimeout(timer);
  return watched.synced;
}
