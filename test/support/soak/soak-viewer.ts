import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FeedReader } from '../feed-reader.js';

const ACCESS = { authorization: 'Bearer soak' };
const RETRY_MS = 1_000;

/** Watches the live page all the time, beside a viewer that reads nothing. */
export class SoakViewer {
  /** Ends of the feed that the viewer did not ask for. */
  disconnections = 0;
  states = 0;
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();
  private readonly sleeper: Socket;
  private feed: FeedReader | undefined;

  constructor(private readonly url: string) {
    this.sleeper = this.openSleeper();
    this.ended = this.run();
  }

  /** The number of requests of the last state: call it when nothing is under way. */
  async readRequests(): Promise<number | null> {
    const feed = await FeedReader.open(this.url, ACCESS);
    try {
      return (await feed.sampledState()).totals.requests;
    } finally {
      feed.close();
    }
  }

  /** The feeds stay open, so that the application closes under them. */
  expectEnd(): void {
    this.stopping.abort();
  }

  kill(): void {
    this.expectEnd();
    this.feed?.close();
    this.sleeper.destroy();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.feed = await FeedReader.open(this.url, ACCESS);
      await this.feed.ended;
      this.states += this.feed.received('state').length;
      if (!this.stopping.signal.aborted) {
        this.disconnections += 1;
        await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => {});
      }
    }
  }

  private openSleeper(): Socket {
    const { hostname, port, pathname } = new URL(this.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.pause();
    socket.on('error', () => {});
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${ACCESS.authorization}\r\n\r\n`,
    );
    return socket;
  }
}
