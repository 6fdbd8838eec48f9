/** The seed each broken engine is known to be caught in: where `--broken-known` looks. */
export const CAUGHT_IN: Readonly<Record<string, number>> = {};
