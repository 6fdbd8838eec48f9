import { must } from '@lockstep/kernel';
import { BROKEN_APPROVALS } from './approvals';
import { BROKEN_BOOKS } from './books';
import type { BrokenEngine } from './break-engine';
import { BROKEN_BREAKERS } from './breakers';
import { BROKEN_ENDINGS } from './endings';
import { BROKEN_LEAD } from './handing-over-the-lead';
import { BROKEN_HELD_LIMITS } from './held-limits';
import { BROKEN_LIMITS } from './limits';
import { BROKEN_MARGIN } from './margin';
import { BROKEN_MIRRORS } from './mirrors';
import { BROKEN_MODES } from './modes';
import { BROKEN_PROTECTIVE_STOPS } from './protective-stops';
import { BROKEN_RESTING } from './resting';
import { BROKEN_RIGHTS } from './rights';
import { BROKEN_SENDING } from './sending';
import { BROKEN_SHARED_LIMITS } from './shared-limits';
import { BROKEN_SHARING } from './sharing';
import { BROKEN_STOPS } from './stops';
import { BROKEN_TARGETS } from './targets';
import { BROKEN_TRUTH } from './truth';

/** Every broken engine; the auditor has to catch each. */
export const BROKEN_ENGINES: readonly BrokenEngine[] = [
  ...BROKEN_LIMITS,
  ...BROKEN_HELD_LIMITS,
  ...BROKEN_SHARED_LIMITS,
  ...BROKEN_MARGIN,
  ...BROKEN_APPROVALS,
  ...BROKEN_RESTING,
  ...BROKEN_PROTECTIVE_STOPS,
  ...BROKEN_MIRRORS,
  ...BROKEN_BREAKERS,
  ...BROKEN_STOPS,
  ...BROKEN_RIGHTS,
  ...BROKEN_ENDINGS,
  ...BROKEN_TARGETS,
  ...BROKEN_MODES,
  ...BROKEN_TRUTH,
  ...BROKEN_SENDING,
  ...BROKEN_BOOKS,
  ...BROKEN_SHARING,
  ...BROKEN_LEAD,
];

/** The broken engine of a name. Throws when there is none. */
export function brokenEngine(name: string): BrokenEngine {
  const found = BROKEN_ENGINES.find((engine) => engine.name === name);
  must(found !== undefined, `no broken engine ${name}`);
  return found;
}
