import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An example of docs/copying.md: its JSON, if it has one, and the rows of its table by column. */
export interface PageExample {
  readonly name: string;
  readonly json: unknown;
  readonly rows: readonly Readonly<Record<string, string>>[];
}

const PAGE = join(__dirname, '../../../../docs/copying.md');

/** The examples of docs/copying.md whose headings begin with `heading`; a table must have exactly these columns. */
export function pageExamples(heading: string, columns: readonly string[]): readonly PageExample[] {
  return readFileSync(PAGE, 'utf8')
    .split(/^#{2,3} /m)
    .filter((section) => section.startsWith(heading))
    .map((section) => {
      const name = section.slice(heading.length, section.indexOf('\n'));
      const [header = [], , ...rows] = section
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map(cellsOf);
      if (header.join() !== columns.join()) throw new Error(`the example "${name}" has the columns ${header.join(', ')}`);
      const json: unknown = JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? 'null');
      return { name, json, rows: rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [header[index] ?? '', cell]))) };
    });
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
