import type { FaultOrder } from './faults';
import { type Answer, jsonAnswer, type Reply, statusAnswer } from './reply';

/** Takes the one reply of a request. Called while the block ends, so that answers leave before the frames of that block. */
export type OnReply = (reply: Reply) => void;

/** Plays a fault on a request; `go` is what would have happened without it, where the effect lets it happen. */
export function strike({ effect }: FaultOrder, reply: OnReply, go: (reply: OnReply) => void): void {
  switch (effect.kind) {
    case 'silence':
    case 'hang_up':
      reply({ kind: effect.kind });
      break;
    case 'status':
      reply(statusAnswer(effect.status));
      break;
    case 'refuse':
      reply(refusal(effect.text));
      break;
    case 'truncate':
      go((answer) => reply(answer.kind === 'answer' ? half(answer) : answer));
      break;
    case 'delay':
      setTimeout(go, effect.delayMs, reply).unref();
      break;
    case 'duplicate':
    case 'reorder':
      go(reply);
  }
}

/** A whole request refused, as the venue words it. */
export const refusal = (text: string): Answer => jsonAnswer(JSON.stringify({ status: 'err', response: text }));

const half = (answer: Answer): Answer => ({ ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) });
