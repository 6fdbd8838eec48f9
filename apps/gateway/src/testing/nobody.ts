import { KID_LENGTH } from '@lockstep/tenancy';

let senders = 0;
/** The header of an address nobody else of this run calls from, so that no test uses up another's failed tries. */
export const fromSomewhere = () => ({ 'X-Forwarded-For': `198.18.${Math.floor(++senders / 250)}.${senders % 250}` });

const PREFIXES: Readonly<Record<string, string>> = {
  'api-keys': 'key',
  leaders: 'ldr',
  followers: 'flw',
  'venue-accounts': 'vac',
  copies: 'cpy',
  'kill-switches': 'cpy',
  limits: 'flw',
  entitlements: 'ent',
  orders: 'ord',
  fills: 'fil',
  proposals: 'prp',
  settlements: 'stl',
  exports: 'exp',
};
const idFor = (path: string): string => `${path.includes('/operator/') ? 'ten' : (PREFIXES[path.split('/')[2] ?? ''] ?? 'x')}_${'0'.repeat(26)}`;

/** The address of an operation with well-formed ids of nobody in it. */
export const ofNobody = (path: string): string =>
  path
    .replace('{waveId}', '1')
    .replace('{no}', '999999')
    .replace('{environment}', 'test')
    .replace('{kid}', '0'.repeat(KID_LENGTH))
    .replace('{name}', 'nobody')
    .replace('{host}', 'nobody.example')
    .replace('{id}', idFor(path));
