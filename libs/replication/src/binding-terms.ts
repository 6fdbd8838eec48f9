import type { CopyColumns } from './copy-columns';

/** Columns by which an entry was let through, but for what is held, marks and equity. */
const BINDING = [
  'settingsVersion',
  'maxPositionSize',
  'maxPositionNotional',
  'maxPositionShare',
  'maxLeverage',
  'maxGross',
  'minDistance',
  'venueLeverage',
  'entryBound',
  'catchUpMs',
  'approveWithinMs',
  'followerGross',
  'underlyingShare',
  'leaderCapacity',
] as const satisfies readonly (keyof CopyColumns)[];

/** What binds the entries of a row, to be compared. */
export const boundBy = (copies: CopyColumns, row: number): string => BINDING.map((column) => copies[column][row]).join();
