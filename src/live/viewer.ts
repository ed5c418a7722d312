import type { ServerResponse } from 'node:http';
import { nowMs } from '../core/tool/stopwatch.js';
import type { LiveLayout } from './live-messages.js';

/** A viewer that has read nothing for this long is disconnected. Its browser connects again. */
const PATIENCE_MS = 60_000;

/** One connection of the feed. Messages are left out while its client does not read: it gets the newest ones later. */
export class Viewer {
  /** The moments of the history that it was sent: those up to this number. */
  sequence = 0;
  /** The layout that it was sent last. */
  layout: LiveLayout | undefined;
  private stalledSinceMs: number | undefined;

  /** @param onReady - called when the client reads again after messages were left out */
  constructor(
    private readonly response: ServerResponse,
    private readonly onReady: (viewer: Viewer) => void,
  ) {}

  get stalledMs(): number {
    return this.stalledSinceMs === undefined ? 0 : nowMs() - this.stalledSinceMs;
  }

  /** Whether it takes messages. Disconnects a client that has not read for too long. */
  get isReady(): boolean {
    if (this.stalledMs > PATIENCE_MS) {
      this.disconnect();
    }
    return this.stalledSinceMs === undefined;
  }

  send(message: string | Uint8Array): void {
    const { response } = this;
    if (response.destroyed || response.writableEnded) {
      return;
    }
    if (!response.write(message) && this.stalledSinceMs === undefined) {
      this.stalledSinceMs = nowMs();
      response.once('drain', () => {
        this.stalledSinceMs = undefined;
        this.onReady(this);
      });
    }
  }

  /** Ends the feed after what was sent. */
  end(): void {
    this.response.end();
  }

  disconnect(): void {
    this.response.destroy();
  }
}
