import type { Visit } from './traffic.js';

export interface Answer {
  readonly name: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

const TOKEN_HEADER = 'vendure-auth-token';
/** Of a trace that is sampled: what the exemplars lead to. */
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACE_PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** Sends requests one by one, with the sessions that the answers open. */
export class ShopClient {
  private readonly tokens = new Map<string, string>();

  constructor(private readonly url: string) {}

  /** What differs from one run to the next is replaced: times only. The databases are copies, and so identifiers are the same. */
  async send({ name, method, path, query, variables, text, as }: Visit): Promise<Answer> {
    const token = as && this.tokens.get(as);
    const body = text ?? (query === undefined ? undefined : JSON.stringify({ query, variables }));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        traceparent: TRACE_PARENT,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const opened = response.headers.get(TOKEN_HEADER);
    if (as !== undefined && opened !== null) this.tokens.set(as, opened);
    return {
      name,
      status: response.status,
      contentType: response.headers.get('content-type'),
      body: (await response.text()).replaceAll(TIME, '<time>'),
    };
  }
}
