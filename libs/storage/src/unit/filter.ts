/** A further condition with its parameters; `p(n)` gives the placeholder of its n-th parameter (from 0). */
export interface Filter {
  readonly parameters: readonly unknown[];
  sql(p: (index: number) => string): string;
}
