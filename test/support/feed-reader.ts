import { get, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { vi } from 'vitest';
import type { LiveLayout, LivePoints, LiveState, LiveWaiting } from '../../src/live/live-messages.js';

interface Message {
  readonly event: string;
  readonly data: unknown;
}

/** By event. */
interface Messages {
  readonly layout: LiveLayout;
  readonly points: LivePoints;
  readonly state: LiveState;
  readonly waiting: LiveWaiting;
}

/** A client of the live page's feed. */
export class FeedReader {
  lastId: string | undefined;
  readonly ended: Promise<unknown>;
  private readonly messages: Message[] = [];
  private read = 0;
  private rest = '';

  constructor(private readonly response: IncomingMessage) {
    this.ended = new Promise((resolve) => {
      response.once('close', resolve);
    });
    response.setEncoding('utf8');
    response.on('error', () => {});
    response.on('data', (chunk: string) => this.receive(chunk));
  }

  /** @throws when the answer is not a feed */
  static async open(url: string, headers: OutgoingHttpHeaders = {}): Promise<FeedReader> {
    const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) {
      response.resume();
      throw new Error(`The feed answers ${response.statusCode}.`);
    }
    return new FeedReader(response);
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  /** Returns all messages of an event so far. */
  received<Name extends keyof Messages>(event: Name): Messages[Name][] {
    return this.messages
      .filter((message) => message.event === event)
      .map(({ data }) => data as Messages[Name]);
  }

  /** Returns the next message of an event after those that it has returned. */
  async next<Name extends keyof Messages>(event: Name): Promise<Messages[Name]> {
    const find = (): number =>
      this.messages.findIndex((message, index) => index >= this.read && message.event === event);
    await vi.waitUntil(() => find() >= 0);
    const at = find();
    this.read = at + 1;
    return this.messages[at]?.data as Messages[Name];
  }

  /** Returns a state that is sampled from now on: the first one of a feed was sampled before it. */
  async sampledState(): Promise<LiveState> {
    await this.next('state');
    return this.next('state');
  }

  close(): void {
    this.response.destroy();
  }

  private receive(chunk: string): void {
    const texts = (this.rest + chunk).split('\n\n');
    this.rest = texts.pop() ?? '';
    for (const text of texts) {
      const fields = new Map(
        text
          .split('\n')
          .map((line): [string, string] => [
            line.slice(0, line.indexOf(': ')),
            line.slice(line.indexOf(': ') + 2),
          ]),
      );
      this.lastId = fields.get('id') ?? this.lastId;
      const data = fields.get('data');
      if (data !== undefined) {
        this.messages.push({ event: fields.get('event') ?? '', data: JSON.parse(data) });
      }
    }
  }
}
