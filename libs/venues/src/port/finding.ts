/** What one look at a venue, or at an account there, came to. */
export interface Finding {
  /** What was looked at, e.g. `clock offset`. */
  readonly about: string;
  /** `fail`: trading would go wrong; `warn`: it would go, with less room than it should have; `told`: a figure to know. */
  readonly verdict: 'good' | 'told' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it; empty when there is nothing to do. */
  readonly fix: string;
}

export const good = (about: string, detail: string): Finding => ({ about, verdict: 'good', detail, fix: '' });
export const told = (about: string, detail: string): Finding => ({ about, verdict: 'told', detail, fix: '' });
export const warn = (about: string, detail: string, fix: string): Finding => ({ about, verdict: 'warn', detail, fix });
export const fail = (about: string, detail: string, fix: string): Finding => ({ about, verdict: 'fail', detail, fix });
