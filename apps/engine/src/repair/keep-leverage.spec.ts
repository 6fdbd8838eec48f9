import { silentLogger } from '@lockstep/platform';
import type { AccountState, ActionOutcome } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { LeverageKeeper } from './keep-leverage';

const WANTED = 10;
const MOST = 40;
const OUTCOMES: Readonly<Record<ActionOutcome['kind'] | 'busy', ActionOutcome>> = {
  accepted: { kind: 'accepted', response: null },
  rejected: { kind: 'rejected', code: 'leverage', text: 'no' },
  busy: { kind: 'rejected', code: 'ip_rate_limited', text: '429' },
  unknown: { kind: 'unknown', detail: 'no answer' },
};

/** An account with one copy that holds `lots`, seen at the venue with a leverage; `asked` are the leverages asked for. */
function seen({ lots = 5, leverage = 20, signs = true, outcome = 'accepted' as keyof typeof OUTCOMES } = {}) {
  const asked: { leverage: number; cross: boolean }[] = [];
  const updateLeverage = async (_signer: number, _nonce: number, _instrument: unknown, to: number, cross: boolean) => {
    asked.push({ leverage: to, cross });
    return OUTCOMES[outcome];
  };
  const instrument = { coin: 'ETH', dex: '', maxLeverage: MOST };
  const book = { copies: { venueLeverage: [WANTED] }, allSheets: () => [{ instrument, rows: { position: [lots] } }] };
  const ctx = { clocks: new TestClocks(), nonces: { next: () => 1 }, clock: { now: () => 1 }, log: silentLogger } as unknown as EngineContext;
  const account = { index: 0, no: 1, signs, network: { venue: { orders: { updateLeverage } } } } as unknown as AccountRecord;
  const copies = [{ row: 0, watched: { book } }] as unknown as readonly CopyRecord[];
  const states = [{ dex: '', positions: [{ coin: 'ETH', leverage, cross: true }] }] as unknown as readonly AccountState[];
  const keeper = new LeverageKeeper(ctx);
  return { asked, look: () => keeper.keep(account, copies, states) };
}

describe('leverage of what a copy holds', () => {
  it.each<[string, Parameters<typeof seen>[0], number]>([
    ['is set once where the venue has another', {}, 1],
    ['is not asked for again once the venue has refused it', { outcome: 'rejected' }, 1],
    ['is asked for again when the venue was busy', { outcome: 'busy' }, 2],
    ['is asked for again when the venue did not answer', { outcome: 'unknown' }, 2],
    ['is left where it stands already', { leverage: WANTED }, 0],
    ['is left where the copy holds nothing: the position is the follower’s own', { lots: 0 }, 0],
    ['is left where the account does not sign', { signs: false }, 0],
  ])('%s', async (_what, given, times) => {
    const { asked, look } = seen(given);
    await look();
    await look();
    expect(asked).toEqual(Array.from({ length: times }, () => ({ leverage: WANTED, cross: true })));
  });
});
