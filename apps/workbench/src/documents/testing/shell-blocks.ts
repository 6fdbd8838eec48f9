import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '@lockstep/platform';

/** A section of a document, by its heading of the second level. Throws when it is not there. */
export function sectionOf(markdown: string, heading: string): string {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`no section "${heading}"`);
  return section;
}

/** The shell blocks of a text as a reader would paste them, in their order. */
export const shellBlocks = (markdown: string): readonly string[] => [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

/** The first cell of each row of a section's table, with the whole row. */
export function tableRows(section: string): ReadonlyMap<string, string> {
  const rows = [...section.matchAll(/^\| (.+?) \| .*$/gm)].slice(2);
  return new Map(rows.map(([row, first = '']) => [first, row]));
}

/** A block that was run, and what it printed. */
export interface SaidBlock {
  readonly block: string;
  readonly said: string;
}

/**
 * Runs blocks one after the other in one shell, in the folder the tests run in; `typed` is what somebody types meanwhile. Rejects at the first command that
 * fails, with its block and everything that was printed.
 */
export async function runBlocks(blocks: readonly string[], typed: string): Promise<readonly SaidBlock[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-documents-'));
  const said = (index: number): string | null => (existsSync(join(folder, `${index}`)) ? readFileSync(join(folder, `${index}`), 'utf8') : null);
  try {
    const script = join(folder, 'script');
    // Run in the shell itself: what one block sets, the next ones have.
    writeFileSync(script, `set -eu\n${blocks.map((block, index) => `{\n${block}} > '${join(folder, `${index}`)}'\n`).join('')}`);
    const { code, errors } = await shell(script, typed);
    const done = blocks.flatMap((block, index) => {
      const text = said(index);
      return text === null ? [] : [{ block, said: text }];
    });
    if (code !== 0) throw new Error(`ended with ${code} in\n${done.at(-1)?.block}\n${errors}\n${done.map((one) => one.said).join('\n')}`);
    return done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function shell(script: string, typed: string): Promise<{ readonly code: number | null; readonly errors: string }> {
  const child = spawn('sh', [script], { env: childEnvironment(), stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  child.stdin.end(typed);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, errors })));
}
