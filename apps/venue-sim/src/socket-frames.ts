import type { StreamFrame } from '@lockstep/simulation';
import { type Answer, reasonOf } from './reply';

/** Frames the server sends, as text. */
export const PONG = '{"channel":"pong"}';

export const errorFrame = (text: string): string => JSON.stringify({ channel: 'error', data: text });

export const acknowledgement = (method: 'subscribe' | 'unsubscribe', subscription: unknown): string =>
  JSON.stringify({ channel: 'subscriptionResponse', data: { method, subscription } });

/** The answer of a `post`: an action's body, a read's body under its type, or the status text of a refusal. The body is JSON already and goes in as it is. */
export function postFrame(id: number, request: { readonly type: 'info' | 'action'; readonly name: string }, answer: Answer): string {
  const response =
    answer.status !== 200
      ? JSON.stringify({ type: 'error', payload: statusText(answer) })
      : request.type === 'action'
        ? `{"type":"action","payload":${answer.body}}`
        : `{"type":"info","payload":{"type":${JSON.stringify(request.name)},"data":${answer.body}}}`;
  return `{"channel":"post","data":{"id":${id},"response":${response}}}`;
}

/** An HTTP-like line: the number, its name, and the text of the body where the body is plain text. */
function statusText({ status, json, body }: Answer): string {
  const line = `${status} ${reasonOf(status)}`;
  return json || body.startsWith('<') ? line : `${line}: ${body}`;
}

/** Writes a frame once however many subscribers it has: a world hands the same object to all of them in turn. */
export function createFrameText(): (frame: StreamFrame) => string {
  let last: StreamFrame | null = null;
  let text = '';
  return (frame) => {
    if (frame !== last) {
      last = frame;
      text = JSON.stringify(frame);
    }
    return text;
  };
}
