import { parseRate, unwrap } from '@lockstep/kernel';
import type { Violation } from '../judge';
import { heldText, type Positions, samePositions } from './positions';
import type { Seen } from './stage';

/** What happened around a loss limit, from the API's answers and the venue's own books. */
export interface BreakerStory {
  /** The limit from the start, as a share. */
  readonly limit: string;
  /** Every `breaker.triggered` of the copy, oldest first. */
  readonly fired: readonly { readonly limit: string; readonly threshold: string; readonly measured: string; readonly action: string }[];
  readonly before: Seen;
  readonly closed: Seen;
  /** What was decided when the leader added to its position, and how the copy stood after it. */
  readonly addDecision: string;
  readonly afterAdd: Seen;
  /** The copy without a limit after that, and what it should hold. */
  readonly others: Seen;
  readonly othersExpected: Positions;
  /** After it was enabled again and the leader opened `reopened` anew. */
  readonly followed: Seen;
  readonly reopened: string;
  /** Both copies after the leader closed everything. */
  readonly end: readonly [Seen, Seen];
}

const share = (text: string): bigint => unwrap(parseRate(text), 'a share');
const flat = ({ told, venue }: Seen): boolean => samePositions(told, {}) && samePositions(venue, {});

/** Product §3: the first breach closes everything copied from the leader, and it stays until the follower enables it again. */
export function judgeBreaker(story: BreakerStory): readonly Violation[] {
  const { limit, fired, before, closed, addDecision, afterAdd, others, othersExpected, followed, reopened, end } = story;
  const violations: Violation[] = [];
  const must = (holds: boolean, rule: string, detail: string): void => {
    if (!holds) violations.push({ rule, detail: `a drawdown breaker: ${detail}` });
  };
  const closings = fired.filter(({ action }) => action === 'close');
  const [closing] = closings;
  must(closings.length === 1 && closing?.limit === 'from_start', 'a loss limit that is met fires once', `fired ${JSON.stringify(fired)}`);
  must(
    closing !== undefined && share(closing.threshold) === share(limit) && share(closing.measured) >= share(limit),
    'a loss limit fires at its threshold',
    `limit ${limit}, fired ${JSON.stringify(closing ?? null)}`,
  );
  must(Object.keys(before.venue).length >= 2, 'several positions were open', heldText(before.venue));
  must(closed.state === 'breaker_closed' && closed.reason === 'breaker_from_start', 'a fired breaker shows as the copy’s state', stateText(closed));
  must(flat(closed), 'a fired breaker closes everything copied from the leader', heldText(closed.venue));
  must(addDecision === 'breaker', 'a closed copy enters nothing, with the reason', `decided ${addDecision}`);
  must(afterAdd.state === 'breaker_closed' && flat(afterAdd), 'a closed copy stays closed', `${stateText(afterAdd)}, ${heldText(afterAdd.venue)}`);
  must(samePositions(others.venue, othersExpected), 'a copy without the limit goes on', `${heldText(others.venue)}, not ${heldText(othersExpected)}`);
  must(
    followed.state === 'active' && Object.keys(followed.venue).join() === reopened,
    'enabled again a copy follows from the next open',
    `${stateText(followed)}, ${heldText(followed.venue)}`,
  );
  must(end.every(flat), 'leader flat: copy flat or dust_pending', end.map(({ venue }) => heldText(venue)).join('; '));
  return violations;
}

const stateText = ({ state, reason }: Seen): string => `${state} (${reason})`;
