import { ServerResponse } from 'node:http';

/** As much of an answer as is needed to lose it. */
export interface LosableAnswer {
  write(...given: unknown[]): unknown;
  end(...given: unknown[]): unknown;
  flushHeaders(): void;
  readonly socket: { destroy(): unknown } | null;
}

/** Node's own answer under a framework's: that alone knows the connection, and the bytes go over it. */
export function underneath(answer: LosableAnswer): LosableAnswer {
  const raw: unknown = Reflect.get(answer, 'raw');
  return raw instanceof ServerResponse ? raw : answer;
}

/** Closes the connection in the place of the first byte of the answer: whatever the request did is done by then, and nobody is told. */
export function loseAnswer(answer: LosableAnswer): void {
  const lose = (): false => {
    answer.socket?.destroy();
    return false;
  };
  answer.write = lose;
  answer.flushHeaders = () => void lose();
  answer.end = () => {
    lose();
    return answer;
  };
}
