import type { CopyId, Id, LeaderId } from '@lockstep/kernel';
import type { ProposalRow } from '../rows/proposals';
import { big, bool, orNull, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

export const proposals = defineTable<ProposalRow>(
  'proposals',
  {
    ...scopeColumns,
    id: text<Id<'proposal'>>('id'),
    copyNo: big('copy_no'),
    copyId: text<CopyId>('copy_id'),
    leaderId: text<LeaderId>('leader_id'),
    coin: text('coin'),
    buy: bool('buy'),
    askedMicro: big('asked_micro'),
    leftMicro: big('left_micro'),
    approvedMicro: big('approved_micro'),
    askedSize: big('asked_size'),
    leftSize: big('left_size'),
    approvedSize: big('approved_size'),
    price: big('price'),
    status: text<ProposalRow['status']>('status'),
    lastCommandNo: orNull(big('last_command_no')),
    createdAt: time('created_at'),
    endsAt: time('ends_at'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'id'],
);
