import type { ServerResponse } from 'node:http';
import { nowMs } from '../core/tool/stopwatch.js';
import type { LiveLayout } from './live-messages.js';

/** A viewer that has read nothing for this long is disconnected. Its browser connects again. */
const PATIENCE_MS = 60_000;
/** Time for the last messages when the application closes. */
const CLOSING_MS = 1000;

/** One connection of the feed. Messages are left out while its client does not read: it gets the newest ones later. */
export class Viewer {
  /** The moments of the history that it was sent: those up to this number. */
  sequence = 0;
  /** The layout that it was sent last. */
  layout: LiveLayout | undefined;
  private readonly openedAtMs = nowMs();
  private stalledSinceMs: number | undefined;
  private hasMissed = false;

  /** @param onReady - called when the client reads again after messages were left out */
  constructor(
    private readonly response: ServerResponse,
    private readonly onReady: (viewer: Viewer) => void,
  ) {}

  get ageMs(): number {
    return nowMs() - this.openedAtMs;
  }

  get stalledMs(): number {
    return this.stalledSinceMs === undefined ? 0 : nowMs() - this.stalledSinceMs;
  }

  /** Returns whether its client reads; if not, a message is left out. Disconnects a client that has not read for too long. */
  admits(): boolean {
    if (this.stalledMs > PATIENCE_MS) {
      this.disconnect();
    }
    this.hasMissed ||= this.stalledSinceMs !== undefined;
    return this.stalledSinceMs === undefined;
  }

  send(message: string | Uint8Array): void {
    const { response } = this;
    if (response.destroyed || response.writableEnded) {
      return;
    }
    if (!this.write(message) && this.stalledSinceMs === undefined) {
      this.stalledSinceMs = nowMs();
      response.once('drain', () => {
        this.stalledSinceMs = undefined;
        if (this.hasMissed) {
          this.hasMissed = false;
          this.onReady(this);
        }
      });
    }
  }

  /** Returns whether more may be sent. Middleware may have replaced the method with one that throws, or returns nothing. */
  private write(message: string | Uint8Array): boolean {
    try {
      return (this.response.write(message) as boolean | undefined) !== false;
    } catch {
      this.disconnect();
      return true;
    }
  }

  /** Ends the feed after what was sent, unless its client does not read that. */
  end(): void {
    if (this.stalledSinceMs !== undefined) {
      this.disconnect();
      return;
    }
    this.response.end();
    const timeout = setTimeout(() => this.disconnect(), CLOSING_MS).unref();
    this.response.once('close', () => clearTimeout(timeout));
  }

  disconnect(): void {
    this.response.destroy();
  }
}
