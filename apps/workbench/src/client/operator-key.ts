import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stack } from '../processes/stack';

const run = promisify(execFile);
const OPERATOR = join(__dirname, '../../../gateway/src/operator.js');

/**
 * Makes the first operator key as `npm run operator -- init` does; null when one exists already, unless a `further` one is wanted. The key is printed by
 * that command alone, once.
 */
export async function operatorKey(stack: Pick<Stack, 'gatewayEnv'>, further = false): Promise<string | null> {
  try {
    const { stdout } = await run(process.execPath, [OPERATOR, 'init', '--json', ...(further ? ['--force-new'] : [])], {
      env: { ...stack.gatewayEnv },
    });
    const answer: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
    return typeof answer === 'object' && answer !== null && 'key' in answer && typeof answer.key === 'string' ? answer.key : null;
  } catch {
    return null;
  }
}
