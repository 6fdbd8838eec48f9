/** What a request gets back, the same for HTTP and for a ws `post`. `silence` never answers, `hang_up` ends the connection. */
export type Reply = Answer | { readonly kind: 'silence' } | { readonly kind: 'hang_up' };

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly json: boolean;
  readonly body: string;
}

/** The venue's text for a body that is no JSON of the expected form, sent with 422. */
const UNREADABLE = 'Failed to deserialize the JSON body into the target type';

const REASONS: Readonly<Record<number, string>> = {
  404: 'Not Found',
  413: 'Payload Too Large',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export const reasonOf = (status: number): string => REASONS[status] ?? 'Error';

export const jsonAnswer = (body: string): Answer => ({ kind: 'answer', status: 200, json: true, body });
export const textAnswer = (status: number, body: string): Answer => ({ kind: 'answer', status, json: false, body });
export const unreadable = (): Answer => textAnswer(422, UNREADABLE);
/** The venue answers a spent rate limit with the JSON value null. */
export const rateLimited = (): Answer => ({ kind: 'answer', status: 429, json: true, body: 'null' });

/** The shapes the venue's front uses for statuses that carry no verdict: 429 is JSON null, 5xx is an HTML page of the proxy before it. */
export function statusAnswer(status: number): Answer {
  if (status === 429) return rateLimited();
  const title = `${status} ${reasonOf(status)}`;
  return textAnswer(status, `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`);
}
