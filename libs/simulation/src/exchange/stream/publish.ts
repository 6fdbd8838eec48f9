import type { Exchange } from '../exchange';
import { publishAsset, publishContexts, publishMids } from './publish-market';
import { publishUser } from './publish-user';

/*
 * Frames of a block, in a fixed order: users by time of first subscription, then assets, then mids, then contexts of whole dexes. A key of `sinks` is the channel
 * with its parameters; a key nobody holds costs nothing.
 */

/** True while idle blocks may not be skipped because somebody could be owed a frame in one. */
export const wantsFrames = ({ topics }: Exchange): boolean =>
  [topics.users, topics.assets, topics.mids, topics.contexts].some(({ size }) => size > 0);

/** Tells every subscriber what the block changed. */
export function publishBlock(ex: Exchange): void {
  for (const topic of ex.topics.users.values()) publishUser(ex, topic);
  for (const topic of ex.topics.assets.values()) publishAsset(ex, topic);
  publishMids(ex);
  publishContexts(ex);
}
