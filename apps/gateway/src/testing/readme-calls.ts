/** A word of a command; a shell fills variables into it unless it is literal. */
export interface ShellWord {
  readonly text: string;
  readonly literal: boolean;
}

/** One step of a shell text: a value somebody sets, or a request. */
export type ShellStep =
  | {
      readonly kind: 'export';
      readonly name: string;
      /** The value as shown, e.g. `ten_...`: what stands before the dots begins the real one. */
      readonly shown: string;
      /** What the comment says about it. */
      readonly comment: string;
    }
  | { readonly kind: 'curl'; readonly words: readonly ShellWord[] };

/** A request as `curl` would make it. */
export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** The exports and `curl` commands of a section's shell blocks, in their order. Throws when the section is not there. */
export function shellSteps(markdown: string, heading: string): readonly ShellStep[] {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`no section "${heading}"`);
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const lines = blocks.join('\n').replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line): ShellStep[] => {
    const [, name, shown = '', comment = ''] = /^export (\w+)=(\S+)\s*(?:#\s*(.*))?$/.exec(line) ?? [];
    if (name !== undefined) return [{ kind: 'export', name, shown, comment }];
    return line.startsWith('curl ') ? [{ kind: 'curl', words: wordsOf(line) }] : [];
  });
}

/** Words of a command as a shell splits them. */
function wordsOf(line: string): ShellWord[] {
  const pattern = /'([^']*)'|"([^"]*)"|(\S+)/g;
  return [...line.matchAll(pattern)].map(([, literal, quoted, bare]) => ({ text: literal ?? quoted ?? bare ?? '', literal: literal !== undefined }));
}

/** What a `curl` command asks, with its variables filled in. Throws at a flag or a variable it does not know: the text says something new. */
export function curlRequest(words: readonly ShellWord[], variables: ReadonlyMap<string, string>): CurlRequest {
  const filled = words.map(({ text, literal }) =>
    literal ? text : text.replaceAll(/\$(\w+)/g, (_all, name: string) => variableOf(variables, name)),
  );
  const headers: Record<string, string> = {};
  let url: string | null = null;
  let body: string | null = null;
  const [, ...rest] = filled;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-s') continue;
    if (word === '-H') {
      const [name = '', ...value] = (rest.shift() ?? '').split(':');
      headers[name.trim().toLowerCase()] = value.join(':').trim();
    } else if (word === '-d') body = rest.shift() ?? '';
    else if (word.startsWith('-') || url !== null) throw new Error(`not known to this reader: ${word}`);
    else url = /^https?:\/\//.test(word) ? word : `http://${word}`;
  }
  if (url === null) throw new Error('a curl command without an address');
  return { method: body === null ? 'GET' : 'POST', url, headers, body };
}

function variableOf(variables: ReadonlyMap<string, string>, name: string): string {
  const value = variables.get(name);
  if (value === undefined) throw new Error(`$${name} is used before it is set`);
  return value;
}
