import * as rehearsal from '../warm-up';

/* Loaded before an engine's own entry: it plans no made-up waves. They touch nothing but processor time, and pay where thousands are copied. */
Object.assign(rehearsal, { warmUp: () => undefined });
