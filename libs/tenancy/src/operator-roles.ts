/** What an operator's key may do. `admin`: everything. `risk`: read, and stop or limit new risk. `support`: read. */
export const OPERATOR_ROLES = ['admin', 'risk', 'support'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

const READING: readonly OperatorRole[] = ['admin', 'risk', 'support'];
const RISK: readonly OperatorRole[] = ['admin', 'risk'];
const ADMIN: readonly OperatorRole[] = ['admin'];

/** Who may call each operation of the operator's API, by operation id. What is not listed nobody may call; a test holds the list against the routes. */
const MAY_CALL: ReadonlyMap<string, readonly OperatorRole[]> = new Map([
  ['operator.list', READING],
  ['operator.get', READING],
  ['operatorTiers.list', READING],
  ['operatorTiers.get', READING],
  ['operator.networks', READING],
  ['operatorHealth.get', READING],
  ['operatorBranding.get', READING],
  ['operatorDomains.list', READING],
  ['operatorAuditLog.list', READING],
  ['operatorAuditLog.verification', READING],
  ['operatorLimits.get', READING],
  ['operatorKillSwitches.list', READING],
  ['operatorKillSwitches.get', READING],
  ['operatorOffboarding.get', READING],
  ['operatorLimits.patch', RISK],
  ['operatorKillSwitches.engage', RISK],
  ['operatorKillSwitches.release', RISK],
  ['operator.create', ADMIN],
  ['operator.patch', ADMIN],
  ['operator.createKey', ADMIN],
  ['operatorOffboarding.begin', ADMIN],
  ['operatorOffboarding.cancel', ADMIN],
  ['operatorOffboarding.file', ADMIN],
  ['operatorBranding.patch', ADMIN],
  ['operatorDomains.add', ADMIN],
  ['operatorDomains.remove', ADMIN],
  ['operatorTiers.create', ADMIN],
  ['operatorTiers.patch', ADMIN],
  ['operatorTiers.remove', ADMIN],
  ['operatorKeys.list', ADMIN],
  ['operatorKeys.get', ADMIN],
  ['operatorKeys.create', ADMIN],
  ['operatorKeys.revoke', ADMIN],
]);

/** The operations that have a row. */
export const OPERATOR_OPERATIONS: readonly string[] = [...MAY_CALL.keys()];

export const isOperatorRole = (text: string): text is OperatorRole => OPERATOR_ROLES.some((role) => role === text);

/** Whether a role may call an operation; nobody may call one without a row. */
export const mayCall = (role: OperatorRole, operation: string): boolean => MAY_CALL.get(operation)?.includes(role) === true;
