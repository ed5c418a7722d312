import type { LiveLayout, LivePoints, LiveState, LiveWaiting } from '../live-messages.js';

/** What the feed tells. */
export interface FeedListener {
  layout(layout: LiveLayout): void;
  points(points: LivePoints): void;
  state(state: LiveState): void;
  waiting(waiting: LiveWaiting): void;
  /** There is no connection. @param reason - the service's own words, if it has said something */
  broken(reason: string | undefined): void;
  /** The connection is there, and nothing comes. */
  silent(): void;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
/** The service says something every second. */
const SILENCE_MS = 10_000;
/** How much of an error page is shown. */
const REASON_LENGTH = 200;

/** Reads the feed for as long as the page is open. By `fetch()`: an `EventSource` does not tell why it was refused. */
export class Feed {
  private isWanted = false;
  private lastId: string | undefined;
  private retryMs = FIRST_RETRY_MS;
  private connection: AbortController | undefined;
  private retry: number | undefined;
  private silence: number | undefined;

  constructor(
    private readonly url: string,
    private readonly listener: FeedListener,
  ) {}

  /** Whether there is a connection, or will be again. */
  get isOpen(): boolean {
    return this.isWanted;
  }

  open(): void {
    this.disconnect();
    this.isWanted = true;
    const connection = new AbortController();
    this.connection = connection;
    this.read(connection.signal).then(
      () => this.reopen(connection),
      (error: unknown) => {
        if (connection === this.connection) {
          this.listener.broken(error instanceof RefusedError ? error.message : undefined);
        }
        this.reopen(connection);
      },
    );
  }

  close(): void {
    this.isWanted = false;
    this.disconnect();
  }

  private disconnect(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.connection?.abort();
    this.connection = undefined;
  }

  /** A feed that has ended well was a minute old, or the service is closing: then the next attempt fails. */
  private reopen(connection: AbortController): void {
    if (connection !== this.connection) {
      return;
    }
    this.disconnect();
    this.retry = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  private async read(signal: AbortSignal): Promise<void> {
    this.listen();
    const headers = {
      Accept: 'text/event-stream',
      ...(this.lastId !== undefined && { 'Last-Event-ID': this.lastId }),
    };
    const response = await fetch(this.url, { headers, signal, cache: 'no-store' });
    if (!response.ok || response.body === null) {
      throw new RefusedError((await response.text()).trim().slice(0, REASON_LENGTH) || response.statusText);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const messages = (rest + value).split('\n\n');
      rest = messages.pop() ?? '';
      messages.forEach((message) => this.receive(message));
    }
  }

  private receive(message: string): void {
    const fields = new Map(
      message.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    const data = fields.get('data');
    if (data === undefined) {
      return;
    }
    this.listen();
    this.retryMs = FIRST_RETRY_MS;
    this.lastId = fields.get('id') ?? this.lastId;
    this.tell(fields.get('event'), JSON.parse(data));
  }

  private tell(event: string | undefined, data: unknown): void {
    switch (event) {
      case 'layout':
        this.listener.layout(data as LiveLayout);
        break;
      case 'points':
        this.listener.points(data as LivePoints);
        break;
      case 'state':
        this.listener.state(data as LiveState);
        break;
      case 'waiting':
        this.listener.waiting(data as LiveWaiting);
        break;
      default:
    }
  }

  /** Notices a service that says nothing: its machine is gone, or a proxy holds the feed back. */
  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.listener.silent();
      this.open();
    }, SILENCE_MS);
  }
}

/** The service has answered, and not with the feed. */
class RefusedError extends Error {}
