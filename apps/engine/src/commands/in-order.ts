import type { CommandRow } from '@lockstep/storage';
import { Places } from '../bounded';
import { neededBy } from './payload';

/** Kinds that speak about one object only; every other kind stands between what came before it and what comes after. */
const OF_ONE_OBJECT: ReadonlySet<string> = new Set([
  'leader.watch',
  'venue_account.activate',
  'copy.activate',
  'copy.settings',
  'copy.allocation',
  'copy.pause',
  'copy.resume',
  'copy.stop',
  'copy.re_enable',
]);

type Ordered = Pick<CommandRow, 'kind' | 'targetId' | 'payload'>;

/**
 * For each command the positions of those that must have ended before it begins: the last one on its object, the last one on each object it
 * names as needed, and for kinds of wider reach everything before. A command that creates something and names nothing waits for everything.
 */
export function predecessors(commands: readonly Ordered[]): readonly (readonly number[])[] {
  const last = new Map<string, number>();
  let barrier = -1;
  return commands.map((command, index) => {
    const needed = command.kind === 'copy.activate' ? neededBy(command.payload) : [];
    const alone = needed === null || !OF_ONE_OBJECT.has(command.kind);
    const after = alone ? upTo(barrier, index) : [barrier, ...[command.targetId, ...needed].map((id) => last.get(id) ?? -1)];
    if (alone) barrier = index;
    last.set(command.targetId, index);
    return [...new Set(after)].filter((position) => position >= 0);
  });
}

const upTo = (first: number, end: number): number[] => Array.from({ length: end - Math.max(0, first) }, (_, offset) => Math.max(0, first) + offset);

/** Carries commands out, each behind its {@link predecessors}, at most `parallel` at a time. Rejects with the first failure once all have ended. */
export async function carryOutInOrder<C extends Ordered>(
  commands: readonly C[],
  parallel: number,
  carryOut: (command: C) => Promise<void>,
): Promise<void> {
  const places = new Places(parallel, commands.length);
  const order = predecessors(commands);
  const running: Promise<void>[] = [];
  for (const [index, command] of commands.entries()) {
    const before = (order[index] ?? []).map((position) => running[position]);
    running.push(Promise.all(before).then(() => places.run(() => carryOut(command))));
  }
  const ends = await Promise.allSettled(running);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
