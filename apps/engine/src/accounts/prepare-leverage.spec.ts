import { silentLogger, systemTimers } from '@lockstep/platform';
import { CopyBook } from '@lockstep/replication';
import { entryOf, instrumentOf, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { ActionOutcome } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { AccountRecord, CopyRecord, WatchedAccount } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { LeveragePreparer } from './prepare-leverage';

/** Some copies of one leader who begins to trade an instrument; `asked` names the signers whose leverage was set. */
function appearing(copies: number, outcome: ActionOutcome = { kind: 'accepted', response: null }) {
  const asked: number[] = [];
  const updateLeverage = async (signer: number) => {
    asked.push(signer);
    return outcome;
  };
  const network = { venue: { orders: { updateLeverage } }, sends: { take: () => undefined } };
  const book = new CopyBook();
  const watched = { book, network } as unknown as WatchedAccount;
  const records = Array.from({ length: copies }, (_, index) => {
    const row = book.addCopy(entryOf(index + 1, settingsOf('1')));
    const account = { signer: index, signs: true, network } as unknown as AccountRecord;
    return { no: index + 1, row, account, watched } as unknown as CopyRecord;
  });
  const sending = { busy: false };
  const ctx = {
    clocks: new TestClocks(),
    nonces: { next: () => 1 },
    clock: { now: () => 1 },
    log: silentLogger,
    limits: ENGINE_LIMITS,
    registry: { copies: new Map(records.map((copy) => [copy.no, copy])) },
    sending,
    timers: systemTimers,
  } as unknown as EngineContext;
  const sheet = book.sheet(instrumentOf('NEW', 2, 10));
  return { preparer: new LeveragePreparer(ctx), watched, sheet, asked, sending, book };
}

describe('leverage of an instrument a leader begins to trade', () => {
  it('is set for each copy once, a bounded number a second', async () => {
    const { preparer, watched, sheet, asked } = appearing(ENGINE_LIMITS.leveragePerSecond + 2);
    preparer.appeared(watched, sheet);
    await preparer.work();
    expect(asked).toHaveLength(ENGINE_LIMITS.leveragePerSecond);
    await preparer.work();
    await preparer.work();
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('stands back while orders leave', async () => {
    const { preparer, watched, sheet, asked, sending } = appearing(1);
    sending.busy = true;
    preparer.appeared(watched, sheet);
    await preparer.work();
    expect(asked).toEqual([]);
    sending.busy = false;
    await preparer.work();
    expect(asked).toEqual([0]);
  });

  it('is left where the copy does not follow, or its account cannot trade', async () => {
    const { preparer, watched, sheet, asked } = appearing(2);
    sheet.rows.allowed[0] = 0;
    sheet.rows.barred[1] = 7;
    preparer.appeared(watched, sheet);
    await preparer.work();
    expect(asked).toEqual([]);
  });

  it('is asked for again while the venue gives no answer, and not after a refusal', async () => {
    const silent = appearing(1, { kind: 'unknown', detail: 'x' });
    silent.preparer.appeared(silent.watched, silent.sheet);
    await silent.preparer.work();
    await silent.preparer.work();
    expect(silent.asked).toEqual([0, 0]);
    const refusing = appearing(1, { kind: 'rejected', code: 'leverage_margin', text: 'x' });
    refusing.preparer.appeared(refusing.watched, refusing.sheet);
    await refusing.preparer.work();
    await refusing.preparer.work();
    expect(refusing.asked).toEqual([0]);
  });
});
