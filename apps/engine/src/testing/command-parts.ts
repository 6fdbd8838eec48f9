import type { CommandParts } from '../commands/command-end';
import type { BooksStage } from './books-stage';

/** What commands about a stage's copy are carried out with: its leader is known and synced, and nothing else listens. */
export function commandParts(
  { books, copy }: Pick<BooksStage, 'books' | 'copy'>,
  given: { readonly lanes: unknown; readonly repairs: unknown },
): CommandParts {
  return {
    ...given,
    books,
    collector: { read: async () => true },
    directory: { watched: async () => copy.watched },
    watch: { watch: () => 'watching', meet: () => undefined, sees: () => true, synced: async () => 'synced' },
    orders: { follow: () => undefined },
    stops: { meet: () => undefined },
  } as unknown as CommandParts;
}
