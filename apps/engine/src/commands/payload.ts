import type { SignedApproval } from '@lockstep/storage';

/** A field of a command's payload; undefined when the payload is no object. */
export function field(payload: unknown, name: string): unknown {
  return typeof payload === 'object' && payload !== null ? Reflect.get(payload, name) : undefined;
}

/** Most approvals one command may carry. */
const APPROVALS_MAX = 8;
const HEX_WORD = /^0x[0-9a-f]{1,64}$/i;

/** The wallet approvals of an activation; null when they are not what the contract says. */
export function approvalsOf(payload: unknown): readonly SignedApproval[] | null {
  const list = field(payload, 'approvals') ?? [];
  if (!Array.isArray(list) || list.length > APPROVALS_MAX) return null;
  const approvals: SignedApproval[] = [];
  for (const item of list as readonly unknown[]) {
    const approval = approvalOf(item);
    if (approval === null) return null;
    approvals.push(approval);
  }
  return approvals;
}

function approvalOf(item: unknown): SignedApproval | null {
  const action = field(item, 'action');
  const nonce = field(item, 'nonce');
  const signature = field(item, 'signature');
  const r = field(signature, 'r');
  const s = field(signature, 's');
  const v = field(signature, 'v');
  if (!isRecord(action) || typeof nonce !== 'number' || !Number.isSafeInteger(nonce)) return null;
  if (typeof r !== 'string' || typeof s !== 'string' || !HEX_WORD.test(r) || !HEX_WORD.test(s) || (v !== 27 && v !== 28)) return null;
  return { action, nonce, signature: { r, s, v } };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Most objects one command may name as needed. */
const NEEDED_MAX = 8;

/** Ids of the objects whose earlier commands come first; null when the payload names none. */
export function neededBy(payload: unknown): readonly string[] | null {
  const list = field(payload, 'needs');
  if (!Array.isArray(list) || list.length === 0 || list.length > NEEDED_MAX) return null;
  const ids = (list as readonly unknown[]).filter((id) => typeof id === 'string');
  return ids.length === list.length ? ids : null;
}
