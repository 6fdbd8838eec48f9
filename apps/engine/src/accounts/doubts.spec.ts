import type { RejectCode } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { Doubts } from './doubts';

/** What is doubted of an account after the venue refused an order of its copy so. */
function doubtedBy(code: RejectCode, agentStatus = 'active'): readonly string[] {
  const account = { agentStatus } as AccountRecord;
  const doubts = new Doubts();
  const found: string[] = [];
  doubts.onPosition = (one) => found.push(one === account ? 'position' : 'another');
  doubts.take({ account, row: 0, watched: { book: { withdrawBuilder: () => undefined } } } as unknown as CopyRecord, code);
  if (doubts.agents.has(account)) found.push('agent');
  if (doubts.builders.has(account)) found.push('builder');
  return found;
}

describe('what a refusal says of its account', () => {
  it.each([
    ['reduce_only', 'active', ['position']],
    ['unknown_signer', 'active', ['agent']],
    ['unknown_signer', 'removed', []],
    ['builder_not_approved', 'active', ['builder']],
    ['ioc_no_match', 'active', []],
  ] as const)('%s, agent %s: doubted is %j', (code, agent, doubted) => {
    expect(doubtedBy(code, agent)).toEqual(doubted);
  });
});
