/** No answer came in time: the server hangs, or the way to it swallows what is sent. */
export class RedisSilentError extends Error {
  constructor(answerMaxMs: number) {
    super(`Redis gave no answer within ${answerMaxMs} ms`);
    this.name = 'RedisSilentError';
  }
}

/** An answer that has to come in time; else it rejects with `RedisSilentError`, and the answer is nobody's any more. */
export function withDeadline<T>(answer: Promise<T>, answerMaxMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new RedisSilentError(answerMaxMs)), answerMaxMs);
    answer.then(
      (value) => {
        clearTimeout(late);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(late);
        reject(error);
      },
    );
  });
}
