import { hash } from 'node:crypto';
import { Answer, NotModified } from './answer';
import { type GatewayRequest, header } from './call';
import { ProblemException, type Refusal } from './problem-exception';

/**
 * What of a body a change is based on: the fields that callers change. What the engine writes beside them (state, equity, the newest command) does not make
 * a caller's knowledge old.
 */
export type RevisionOf<T> = (body: T) => unknown;

type Conditional = Pick<GatewayRequest, 'headers'>;

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;
const TAGS_MAX = 100;

/**
 * The entity tag of a body: digest of its revision, digest of the whole. It changes with every byte, so that `If-None-Match` is exact; `If-Match` compares
 * the first part alone, so that a change is refused only where another change came first.
 */
export const tagOf = <T>(body: T, revision: RevisionOf<T>): string => tagOfText(body, JSON.stringify(body), revision);

const tagOfText = <T>(body: T, json: string, revision: RevisionOf<T>): string => `"${digest(JSON.stringify(revision(body)))}-${digest(json)}"`;

/** The answer to a read of one object: the object with its tag, or 304 where `If-None-Match` names it. */
export function taggedAnswer<T>(call: Conditional, body: T, revision: RevisionOf<T>): Answer<T> | NotModified {
  const json = JSON.stringify(body);
  const tag = tagOfText(body, json, revision);
  // A caller may keep it, and asks before it relies on it.
  const headers = { ETag: tag, 'Cache-Control': 'private, no-cache' };
  return isKnown(call, tag) ? new NotModified(headers) : new Answer(200, body, headers, json);
}

/** Whether the caller has what this tag names. */
export function isKnown(call: Conditional, tag: string): boolean {
  const known = conditionOf(call, 'if-none-match');
  return known === '*' || known?.some((one) => one.replace(/^W\//, '') === tag) === true;
}

/**
 * Why a change is not made under the request's `If-Match`: another change came first. Null: there is no condition, or it holds. Call it with the object
 * locked; `standing` presents it as it is, and is asked only where there is a condition.
 */
export async function staleRefusal<T>(call: Conditional, standing: () => T | Promise<T>, revision: RevisionOf<T>): Promise<Refusal | null> {
  const wanted = conditionOf(call, 'if-match');
  if (wanted === null || wanted === '*') return null;
  const body = await standing();
  const tag = tagOf(body, revision);
  // Weak tags never match here (RFC 9110): they say nothing about what is to be changed.
  if (wanted.some((one) => revisionPart(one) === revisionPart(tag))) return null;
  return {
    code: 'precondition_failed',
    detail: 'It was changed after it was read: read it again, decide anew, and send the ETag it has now.',
    headers: { ETag: tag },
  };
}

const revisionPart = (tag: string): string => tag.split('-')[0] ?? tag;

/** The tags a condition names, `*`, or null where the field was not sent. What is neither is refused. */
function conditionOf(call: Conditional, name: 'if-match' | 'if-none-match'): readonly string[] | '*' | null {
  const text = header(call, name);
  if (text === null) return null;
  if (text.trim() === '*') return '*';
  // A tag may hold commas itself: what is left without the tags are the separators.
  const tags = [...text.matchAll(ENTITY_TAG)].map(([tag]) => tag);
  const separators = text.replaceAll(ENTITY_TAG, '"').replaceAll(/[ \t]/g, '');
  if (tags.length === 0 || tags.length > TAGS_MAX || !/^"(,")*$/.test(separators))
    throw new ProblemException('precondition_invalid', {
      detail: 'Send `*`, or entity tags as an ETag shows them, in double quotes, separated by commas.',
      errors: [{ pointer: `header/${name}`, code: 'invalid', detail: 'entity tags' }],
    });
  return tags;
}

const digest = (json: string | undefined): string => hash('sha256', json ?? '', 'hex').slice(0, 16);
