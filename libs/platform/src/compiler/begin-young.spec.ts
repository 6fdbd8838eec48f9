import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { BEGIN_YOUNG } from './begin-young';

describe('objects that begin among the young ones', () => {
  it('are an option that this Node knows: an unknown one would be told on the error output and change nothing', () => {
    const { status, stderr } = spawnSync(process.execPath, [BEGIN_YOUNG, '--eval', '0'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
