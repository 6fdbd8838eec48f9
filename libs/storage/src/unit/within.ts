import { must } from '@lockstep/kernel';
import type { Filter } from './filter';

/** The only leaders, followers or copies whose rows a unit's pages show. */
export interface Within {
  readonly kind: 'leader' | 'follower' | 'copy';
  readonly ids: readonly string[];
}

type Columns = Partial<Record<Within['kind'], string>>;

/** By which column a table's rows belong to a leader, a follower or a copy. */
const BELONGS: Readonly<Record<string, Columns>> = {
  leaders: { leader: 'id' },
  followers: { follower: 'id' },
  venue_accounts: { follower: 'follower_id' },
  copies: { leader: 'leader_id', follower: 'follower_id', copy: 'id' },
  entitlements: { leader: 'leader_id', follower: 'follower_id' },
  orders: { leader: 'leader_id', copy: 'copy_id' },
  fills: { copy: 'copy_id' },
  proposals: { copy: 'copy_id' },
};

/** The condition that rows of a table lie within; a table whose rows cannot tell is a defect of the caller. */
export function inside(table: string, { kind, ids }: Within): Filter {
  const own = BELONGS[table]?.[kind];
  if (own !== undefined) return { parameters: [[...ids]], sql: (p) => `${own} = any(${p(0)}::text[])` };
  const ofCopies = BELONGS[table]?.copy;
  const ofCopy = BELONGS.copies?.[kind];
  must(ofCopies !== undefined && ofCopy !== undefined, `rows of ${table} do not tell which ${kind} they belong to`);
  return {
    parameters: [[...ids]],
    sql: (p) => `${ofCopies} in (select id from copies where tenant_id = $1 and environment = $2 and ${ofCopy} = any(${p(0)}::text[]))`,
  };
}
