import { describe, expect, it } from 'vitest';
import { breakText } from './break-engine';
import { BROKEN_ENGINES, brokenEngine } from './broken-engines';

/** The build's own compiler, so that a text is judged as it is loaded. */
async function compiledText(source: string): Promise<string> {
  // A build script without types.
  const { compiledText: compile } = (await import('../../../../../scripts/transpile.mjs' as string)) as {
    readonly compiledText: (source: string) => Promise<string>;
  };
  return compile(source);
}

describe('broken engines', () => {
  it('are at least thirty, each with a name of its own', () => {
    expect(BROKEN_ENGINES.length).toBeGreaterThanOrEqual(30);
    expect(new Set(BROKEN_ENGINES.map(({ name }) => name)).size).toBe(BROKEN_ENGINES.length);
  });

  it.each(BROKEN_ENGINES.map((engine) => [engine.name, engine] as const))('%s has a place for every edit, and changes it', async (name, engine) => {
    const texts = new Map<string, string>();
    for (const edit of engine.edits) {
      const before = texts.get(edit.file) ?? (await compiledText(edit.file));
      const after = breakText(before, name, edit);
      expect(after).not.toBe(before);
      texts.set(edit.file, after);
    }
  });

  it('are refused where their place is missing or stands twice', () => {
    const edit = { file: 'a.ts', find: 'x', put: 'y' };
    expect(() => breakText('abc', 'one', edit)).toThrow('broken engine one: its place stands 0 times in a.ts');
    expect(() => breakText('axbxc', 'one', edit)).toThrow('its place stands 2 times');
    expect(breakText('axc', 'one', edit)).toBe('ayc');
  });

  it('are found by name', () => {
    expect(brokenEngine('direction_flipped').edits).toHaveLength(1);
    expect(() => brokenEngine('none')).toThrow('no broken engine none');
  });
});
