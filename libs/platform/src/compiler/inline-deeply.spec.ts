import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { INLINED_BYTES_MAX } from './inline-deeply';

describe('deep inlining', () => {
  it('is an option that this Node knows: an unknown one would be told on the error output and change nothing', () => {
    const { status, stderr } = spawnSync(process.execPath, [`--max-inlined-bytecode-size-cumulative=${INLINED_BYTES_MAX}`, '--eval', '0'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
