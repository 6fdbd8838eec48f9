/** Runs begin shortly before midnight UTC, so that days of tenants end in them. */
export const BEGIN_MS = Date.UTC(2026, 9, 5, 22, 50);
