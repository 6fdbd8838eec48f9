import type { PlatformLimitsRow, RiskLimitsRow } from '../rows/risk-limits';
import { int, json, text, time } from '../unit/codec';
import { type Columns, defineTable, scopeColumns } from '../unit/table';

const standing: Columns<PlatformLimitsRow> = {
  targetId: text('target_id'),
  version: int('version'),
  limits: json('limits'),
  actor: text('actor'),
  updatedAt: time('updated_at'),
};

export const riskLimits = defineTable<RiskLimitsRow>('risk_limits', { ...scopeColumns, ...standing }, ['tenantId', 'environment', 'targetId']);
export const platformLimits = defineTable<PlatformLimitsRow>('platform_limits', standing, ['targetId']);
