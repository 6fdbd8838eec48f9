import { describe, expect, it } from 'vitest';
import { doorLines, quantile } from './summary';

describe('the summary', () => {
  it('names Swagger UI, a test key and a call that uses both', () => {
    const lines = doorLines('http://127.0.0.1:8080', { name: 'Northwind', key: 'ctk_test_1' }).join('\n');
    expect(lines).toContain('http://127.0.0.1:8080/docs');
    expect(lines).toContain('ctk_test_1   (of Northwind');
    expect(lines).toContain('curl -H "Authorization: Bearer ctk_test_1" http://127.0.0.1:8080/v1/copies?limit=1');
  });

  it.each<[readonly number[], number, number]>([
    [[], 0.5, 0],
    [[3, 1, 2], 0.5, 2],
    [[3, 1, 2], 0.99, 3],
  ])('of %j the quantile %d is %d', (values, part, expected) => {
    expect(quantile(values, part)).toBe(expected);
  });
});
