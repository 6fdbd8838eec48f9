import { describe, expect, it } from 'vitest';
import type { RightsTold } from './book/rights';
import { COPY, History } from './testing/history';

const { leaderId, account, copyId } = COPY;
type Access = Extract<RightsTold, { kind: 'leader_access' }>['access'];

const access = (history: History, to: Access): History => history.tell({ kind: 'leader_access', at: history.now, leaderId, access: to });
const grant = (history: History, forMs: number | null, of: { readonly leaderId?: string; readonly account?: string } = {}): History =>
  history.tell({
    kind: 'entitlement',
    at: history.now,
    leaderId,
    account,
    until: forMs === null ? null : history.now + forMs,
    revoked: false,
    ...of,
  });
const revoke = (history: History): History => history.tell({ kind: 'entitlement', at: history.now, leaderId, account, until: null, revoked: true });
const publish = (history: History, version: number, inMs = 0): History =>
  history.tell({ kind: 'terms_published', at: history.now, leaderId, version, bindingFrom: history.now + inMs });
const consent = (history: History, version: number): History => history.tell({ kind: 'consented', at: history.now, copyId, version });

/** The increase is none to follow then. */
const NOT_ENTITLED = ['not_entitled', 'entry_without_cause'] as const;
const NO_CONSENT = ['no_consent', 'entry_without_cause'] as const;

/** What is told of an entry for a leader's increase, so long after what happened. */
const enters = (history: History, afterMs: number): readonly string[] => {
  history.wait(afterMs).mark('100').leader('10').order('1');
  return history.found();
};

describe('new risk needs an entitlement where access is granted (product §3)', () => {
  it.each<[string, (history: History) => History, number, readonly string[]]>([
    ['none is needed of a leader nothing was told of', (history) => history, 200, []],
    ['nor of one everyone may copy again', (history) => access(access(history, 'granted').wait(5_000), 'everyone'), 200, []],
    ['none was ever granted', (history) => access(history, 'granted'), 200, NOT_ENTITLED],
    ['the restriction is just answered', (history) => access(history, 'granted'), 90, []],
    ['one was granted before', (history) => access(grant(history, null), 'granted'), 200, []],
    ['one of another leader was', (history) => access(grant(history, null, { leaderId: 'l2' }), 'granted'), 200, NOT_ENTITLED],
    ['one of another follower was', (history) => access(grant(history, null, { account: '0xf2' }), 'granted'), 200, NOT_ENTITLED],
    ['it was taken back', (history) => revoke(access(grant(history, null), 'granted')), 200, NOT_ENTITLED],
    ['it was taken back a moment ago', (history) => revoke(access(grant(history, null), 'granted')), 90, []],
    ['it was taken back of a leader everyone may copy', (history) => revoke(grant(history, null)), 200, []],
    ['it was taken back and granted again', (history) => grant(revoke(access(grant(history, null), 'granted')).wait(5_000), null), 1, []],
    ['it ended, by more than clocks differ', (history) => access(grant(history, 1_000), 'granted'), 1_700, NOT_ENTITLED],
    ['it ended, by what clocks differ', (history) => access(grant(history, 1_000), 'granted'), 1_400, []],
    ['it ended and was renewed', (history) => grant(access(grant(history, 1_000), 'granted').wait(5_000), 60_000), 1, []],
    ['it was to go on for longer, and ended sooner', (history) => grant(access(grant(history, null), 'granted'), 1_000), 1_700, NOT_ENTITLED],
    ['it had ended before the leader was restricted', (history) => access(grant(history, 1_000).wait(5_000), 'granted'), 200, NOT_ENTITLED],
  ])('%s', (_what, happens, afterMs, found) => {
    expect(enters(happens(new History()), afterMs)).toEqual(found);
  });
});

describe('new risk needs consent to the terms in force (product §3)', () => {
  it.each<[string, (history: History) => History, number, readonly string[]]>([
    ['none was given', (history) => publish(history, 1), 200, NO_CONSENT],
    ['they were published just now', (history) => publish(history, 1), 90, []],
    ['it was given', (history) => consent(publish(history, 1).wait(5_000), 1), 1, []],
    ['it was given to those before', (history) => publish(consent(publish(history, 1), 1).wait(5_000), 2), 200, NO_CONSENT],
    ['they do not bind yet', (history) => publish(history, 1, 10_000), 5_000, []],
    ['they bind by now, by more than clocks differ', (history) => publish(history, 1, 1_000), 1_700, NO_CONSENT],
    ['they bind by now, by what clocks differ', (history) => publish(history, 1, 1_000), 1_400, []],
    ['it was given before they bound', (history) => consent(publish(history, 1, 1_000), 1), 5_000, []],
    ['newer ones bind sooner', (history) => publish(publish(history, 1, 60_000), 2), 200, NO_CONSENT],
    ['it was given to newer ones', (history) => consent(publish(publish(history, 1), 2, 60_000), 2), 200, []],
  ])('%s', (_what, happens, afterMs, found) => {
    expect(enters(happens(new History()), afterMs)).toEqual(found);
  });
});

describe('a copy without a right', () => {
  const lost = (history: History): History => access(history, 'granted').wait(5_000).mark('100');

  it('is exited as any: its leader’s reductions and his end are to be followed', () => {
    const exited = lost(new History().follow('10').wait(1_000)).leader('5');
    exited.fill(exited.exit('-0.5'), '0.5').wait(60_000).mark('100').calm();
    expect(exited.found()).toEqual([]);
    const kept = lost(new History().follow('10').wait(1_000)).leader('0').wait(60_000).mark('100').calm();
    expect(kept.found()).toContain('exit_not_followed');
  });

  it('is owed nothing: what came meanwhile is not to be entered, and nothing is short of it', () => {
    const history = access(lost(new History()).leader('10').wait(60_000), 'everyone').mark('100').wait(60_000).mark('100').calm();
    expect(history.found()).toEqual([]);
    history.order('1', { cause: 'repair' });
    expect(history.found()).toContain('entry_without_cause');
  });

  it('may be entered late for what came right before it was there again', () => {
    const history = access(lost(new History()).leader('10').wait(500), 'everyone').mark('100');
    history.order('1', { cause: 'repair' });
    expect(history.found()).toEqual([]);
  });

  it.each<[string, (history: History) => History, number]>([
    ['taken back', (history) => revoke(history), 0],
    ['over', (history) => history, 1_000],
    ['missing', (history) => publish(history, 1), 0],
  ])('has what stands of it cancelled once it is %s', (_what, happens, endsInMs) => {
    for (const [lateMs, found] of [
      [1_000, []],
      [2_100, ['rest_not_cancelled']],
    ] as const) {
      const history = access(grant(new History({ onBreach: 'rest' }), 2_500), 'granted').leader('10');
      const cloid = history.order('1', { tif: 'gtc' });
      history.end(cloid, 'resting').wait(1_500);
      happens(history)
        .wait(endsInMs + (endsInMs > 0 ? 500 : 0) + lateMs)
        .fill(cloid, '1');
      expect(history.found().filter((kind) => kind === 'rest_not_cancelled')).toEqual(found);
    }
  });
});
