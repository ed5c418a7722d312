import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onceEnded } from '../http/response-end.js';
import type { LiveState } from './live-messages.js';
import { clockOffsetMs, type LiveSampler, type SampleListener } from './live-sampler.js';
import { Viewer } from './viewer.js';

/** Maximum number of viewers at a time. */
export const MAX_VIEWERS = 100;
/** A viewer that has read nothing for this long gives its place to a new one. */
const STALLED_MS = 1000;
/** A feed ends after this time. The browser connects again, so that access is decided anew. */
const MAX_AGE_MS = 60_000;
/** The browser connects again after this time. */
const RETRY_MS = 2000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // `no-transform` keeps compressing middleware and proxies from holding messages back, as does nginx's header.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};
/** A closing server waits for kept connections. HTTP/2 has no such header. */
const NOT_KEPT = { Connection: 'close' };

/**
 * Tells viewers how the service is, by server-sent events. A message is made once for all of them. A viewer that does not read is sent the newest state when it
 * reads again, and what the history has had meanwhile. A feed lasts for a minute: credentials may be revoked, and guards decide once for each request.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class LiveFeed implements SampleListener {
  private readonly viewers = new Set<Viewer>();
  /** Distinguishes the history of this process from that of another one, or an earlier one. */
  private readonly epoch = randomUUID().slice(0, 8);
  private isEnded = false;

  constructor(private readonly sampler: LiveSampler) {}

  /** Sends the feed on a response. Returns the reason if it does not, and has then not touched the response. */
  add(
    request: IncomingMessage,
    response: ServerResponse,
    lastEventId: string | undefined,
  ): string | undefined {
    if (this.isEnded) {
      return 'The application is closing.';
    }
    if (this.viewers.size >= MAX_VIEWERS && !this.disconnectStalled()) {
      return `${MAX_VIEWERS} viewers of the live page are connected already. Close one of them, or try again later.`;
    }
    const viewer = new Viewer(response, (ready) => this.update(ready));
    viewer.sequence = this.sequenceOf(lastEventId);
    this.viewers.add(viewer);
    onceEnded(request, response, () => this.remove(viewer));
    response.on('error', () => this.remove(viewer));
    response.writeHead(200, request.httpVersionMajor === 1 ? { ...HEADERS, ...NOT_KEPT } : HEADERS);
    viewer.send(`retry: ${RETRY_MS}\n\n`);
    this.update(viewer);
    this.sampler.follow(this);
    return undefined;
  }

  /** Ends all feeds. */
  end(): void {
    this.isEnded = true;
    this.viewers.forEach((viewer) => viewer.end());
    this.viewers.clear();
    this.sampler.follow(undefined);
  }

  sampled(state: LiveState): void {
    const message = this.stateMessage(state);
    this.tell((viewer) => {
      this.sendNews(viewer);
      viewer.send(message);
    });
  }

  waiting(sinceMs: number): void {
    const message = event('waiting', { sinceMs: Math.round(sinceMs), clockOffsetMs: clockOffsetMs() });
    this.tell((viewer) => viewer.send(message));
  }

  /** Sends to the viewers that read, and ends the feeds that are old enough. */
  private tell(send: (viewer: Viewer) => void): void {
    for (const viewer of this.viewers) {
      if (viewer.admits()) {
        send(viewer);
      }
      if (viewer.ageMs >= MAX_AGE_MS) {
        viewer.end();
        this.remove(viewer);
      }
    }
  }

  private remove(viewer: Viewer): void {
    this.viewers.delete(viewer);
    if (this.viewers.size === 0) {
      this.sampler.follow(undefined);
    }
  }

  /** Sends all that a viewer does not have. */
  private update(viewer: Viewer): void {
    const { state } = this.sampler;
    if (state !== undefined) {
      this.sendNews(viewer);
      viewer.send(this.stateMessage(state));
    }
  }

  /** Sends a changed layout, and moments of the history that the viewer does not have. */
  private sendNews(viewer: Viewer): void {
    const { layout, history } = this.sampler;
    if (layout !== undefined && layout !== viewer.layout) {
      viewer.layout = layout;
      viewer.send(event('layout', layout));
    }
    if (viewer.sequence !== history.sequence) {
      const points = event('points', history.since(viewer.sequence), this.id);
      viewer.sequence = history.sequence;
      viewer.send(points);
    }
  }

  private stateMessage(state: LiveState): string {
    return event('state', state, this.id);
  }

  private get id(): string {
    return `${this.epoch}-${this.sampler.history.sequence}`;
  }

  /** Returns 0 for the id of another process. */
  private sequenceOf(id: string | undefined): number {
    const [epoch, sequence] = id?.split('-') ?? [];
    return epoch === this.epoch && /^\d{1,15}$/.test(sequence ?? '') ? Number(sequence) : 0;
  }

  private disconnectStalled(): boolean {
    const [longest] = [...this.viewers].toSorted((one, other) => other.stalledMs - one.stalledMs);
    if (longest === undefined || longest.stalledMs < STALLED_MS) {
      return false;
    }
    longest.disconnect();
    this.viewers.delete(longest);
    return true;
  }
}

/** JSON has no line breaks, which would end a message. */
function event(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
