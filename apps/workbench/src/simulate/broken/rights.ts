import type { BrokenEngine } from './break-engine';

const RIGHTS = 'apps/engine/src/state/rights.ts';

/** Faults in what asks whether a follower may copy a leader, and consented to the terms in force (product §3). */
export const BROKEN_RIGHTS: readonly BrokenEngine[] = [
  {
    name: 'entitlement_forgotten',
    rule: 'copies of a leader whose access is granted need an entitlement for new risk',
    caughtBy: ['not_entitled'],
    edits: [{ file: RIGHTS, find: "(0, _roster.entitledUntil)(group.access ?? 'everyone', entitlement)", put: '_roster.NO_END' }],
  },
  {
    name: 'entitlement_kept_past_its_end',
    rule: 'an entitlement ends with its time, whether anything is told then or not',
    caughtBy: ['not_entitled'],
    edits: [
      { file: 'libs/replication/src/rights.ts', find: '(copies.entitledUntil[row] ?? 0) <= now', put: '(copies.entitledUntil[row] ?? 0) === 0' },
    ],
  },
  {
    name: 'restriction_forgotten_at_restart',
    rule: 'who may copy a leader survives a restart',
    caughtBy: ['not_entitled'],
    edits: [{ file: 'apps/engine/src/state/load-book.ts', find: 'group.access ??= copy.leaderAccess;', put: '' }],
  },
  {
    name: 'consent_forgotten',
    rule: 'copies need consent to the terms in force for new risk',
    caughtBy: ['no_consent'],
    edits: [{ file: RIGHTS, find: '(0, _roster.consentDueAt)(rights.termsOf(group.scope, group.leaderId), consentedTo)', put: '_roster.NO_END' }],
  },
  {
    name: 'announced_terms_never_bind',
    rule: 'terms bind from their time on, whether anything is told then or not',
    caughtBy: ['no_consent'],
    edits: [
      {
        file: 'apps/engine/src/state/put-rights.ts',
        find: 'book.setRights(copy.row, rights, now);',
        put: 'book.setRights(copy.row, rights.consentDueAt > now ? { ...rights, consentDueAt: Number.MAX_SAFE_INTEGER } : rights, now);',
      },
    ],
  },
  {
    name: 'terms_forgotten_at_restart',
    rule: 'published terms survive a restart',
    caughtBy: ['no_consent'],
    edits: [{ file: 'apps/engine/src/state/load-all.ts', find: 'ctx.rights.takeTerms(scope.scope, scope.terms);', put: '' }],
  },
];
