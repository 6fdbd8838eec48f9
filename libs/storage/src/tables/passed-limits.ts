import type { PassedLimitRow } from '../rows/passed-limits';
import { big, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

export const passedLimits = defineTable<PassedLimitRow>(
  'passed_limits',
  {
    ...scopeColumns,
    subjectId: text('subject_id'),
    limitName: text('limit_name'),
    underlying: text('underlying'),
    threshold: big('threshold'),
    measured: big('measured'),
    passedAt: time('passed_at'),
  },
  ['tenantId', 'environment', 'subjectId', 'limitName', 'underlying'],
);
