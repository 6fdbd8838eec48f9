import { describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES } from '.';
import { CASE_SHEETS, type CaseSheet } from './deck';
import type { ConformanceCase } from './driver';

const HEAD = `# Conformance cases

What a venue is admitted by. Each case runs against every adapter and its simulated venue (\`conformance.it.spec.ts\` beside the adapter); where the venue declares that it
lacks what a case needs, the case is skipped and named. This page is written from the deck (\`libs/venues/src/conformance/deck.ts\`) by its test; \`docs/adding-a-venue.md\` says how to use it.
`;

function page(cases: readonly ConformanceCase[]): string {
  return [HEAD, ...cases.map((each) => section(each, CASE_SHEETS[each.number]))].join('\n');
}

function section({ number, name }: ConformanceCase, sheet: CaseSheet | undefined): string {
  return [
    `## ${number}. ${name}`,
    '',
    `- **Skipped without:** ${sheet === undefined || sheet.needs.length === 0 ? 'never skipped' : sheet.needs.map((need) => `\`${need}\``).join(', ')}`,
    `- **Given:** ${sheet?.given}`,
    `- **Steps:** ${sheet?.steps.map((step, index) => `(${index + 1}) ${step}`).join('; ')}`,
    `- **Expected:** ${sheet?.expect.join('; ')}`,
    '',
  ].join('\n');
}

describe('the conformance deck', () => {
  it('has a sheet for each case and a case for each sheet, numbered once and in order', () => {
    const numbers = CONFORMANCE_CASES.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(Object.keys(CASE_SHEETS).map(Number)).toEqual(numbers);
  });

  it('is what the documentation says', async () => {
    await expect(page(CONFORMANCE_CASES)).toMatchFileSnapshot('../../../../docs/conformance.md');
  });
});
