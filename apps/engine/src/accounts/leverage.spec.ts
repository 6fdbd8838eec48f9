import { instrumentOf } from '@lockstep/replication/testing/book-builder';
import type { ActionOutcome, RejectCode } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import { setLeverage } from './leverage';

const ACCEPTED: ActionOutcome = { kind: 'accepted', response: null };
const refused = (code: RejectCode): ActionOutcome => ({ kind: 'rejected', code, text: code });

/** Sets leverage where the venue answers cross and isolated like this; tells what was asked and how it ended. */
async function asked(onlyIsolated: boolean, cross: ActionOutcome, isolated: ActionOutcome): Promise<readonly [string, string]> {
  const modes: string[] = [];
  const updateLeverage = async (_signer: number, _nonce: number, _instrument: unknown, _to: number, isCross: boolean) => {
    modes.push(isCross ? 'cross' : 'isolated');
    return isCross ? cross : isolated;
  };
  const network = { venue: { orders: { updateLeverage } }, sends: { take: () => undefined } };
  const ctx = { nonces: { next: () => 1 }, clock: { now: () => 1 } } as unknown as EngineContext;
  const end = await setLeverage(ctx, { signer: 0, network } as unknown as AccountRecord, { ...instrumentOf('X', 2, 10), onlyIsolated }, 5);
  return [modes.join(), end.kind === 'set' ? `set/${end.cross ? 'cross' : 'isolated'}` : end.kind];
}

describe('leverage of an instrument', () => {
  it.each<[string, boolean, ActionOutcome, ActionOutcome, string, string]>([
    ['is set in cross margin', false, ACCEPTED, ACCEPTED, 'cross', 'set/cross'],
    ['is set in isolated margin where nothing else is admitted', true, ACCEPTED, ACCEPTED, 'isolated', 'set/isolated'],
    ['is set in the mode an open position stands in', false, refused('margin_mode_locked'), ACCEPTED, 'cross,isolated', 'set/isolated'],
    ['is set in isolated margin where the list did not say so yet', false, refused('cross_not_allowed'), ACCEPTED, 'cross,isolated', 'set/isolated'],
    ['that the account cannot bear is refused', false, refused('leverage_margin'), ACCEPTED, 'cross', 'refused'],
    ['refused in both modes is refused', false, refused('margin_mode_locked'), refused('leverage_margin'), 'cross,isolated', 'refused'],
    ['that never left is asked for again', false, refused('not_sent'), ACCEPTED, 'cross', 'unknown'],
    ['that met a busy venue is asked for again', false, refused('ip_rate_limited'), ACCEPTED, 'cross', 'unknown'],
    ['whose nonce was spent is asked for again', false, refused('nonce_duplicate'), ACCEPTED, 'cross', 'unknown'],
    ['without an answer is not known', false, { kind: 'unknown', detail: 'x' }, ACCEPTED, 'cross', 'unknown'],
  ])('%s', async (_name, onlyIsolated, cross, isolated, modes, end) => {
    expect(await asked(onlyIsolated, cross, isolated)).toEqual([modes, end]);
  });
});
