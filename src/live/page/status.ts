import type { LiveState } from '../live-messages.js';
import { setAttribute, setText } from './dom.js';
import { formatTime } from './format.js';

type Kind = 'live' | 'busy' | 'warning';

/** What the service's own names of missing parts mean. */
const PARTS: Readonly<Record<string, string>> = {
  metrics: 'all metrics',
  cluster: 'present metrics of other processes',
};

/** The line below the title: whether the numbers are present ones, and what is missing. */
export class Status {
  private pausedAt: string | undefined;
  /** The time of the latest state. */
  private latestAt: string | undefined;
  /** What the latest state lacks; empty if it is whole. */
  private missing = '';

  /** @param latest - for the time of the latest values: not a part of the text, of whose changes screen readers are told */
  constructor(
    private readonly target: HTMLElement,
    private readonly latest: HTMLElement,
  ) {}

  connected({ atMs, clockOffsetMs, missing }: LiveState): void {
    const parts = missing.rows.map(
      ({ name, sinceMs }) => `${PARTS[name] ?? name} since ${formatTime(sinceMs + clockOffsetMs)}`,
    );
    const further = missing.omitted > 0 ? ` and ${missing.omitted} more` : '';
    this.missing = parts.length > 0 ? `Missing: ${parts.join(', ')}${further}` : '';
    this.latestAt = formatTime(atMs + clockOffsetMs);
    if (this.missing === '') {
      this.show('live', 'Live');
    } else {
      this.show('warning', this.missing);
    }
    setText(this.latest, this.pausedAt === undefined ? this.latestAt : '');
  }

  waiting(sinceUnixMs: number): void {
    // What is missing is why it takes so long.
    const collecting = `The service has been collecting its metrics since ${formatTime(sinceUnixMs)}`;
    this.show('warning', this.missing === '' ? collecting : this.missing);
  }

  broken(reason: string | undefined): void {
    const since = this.latestAt === undefined ? '' : ` since ${this.latestAt}`;
    this.show('warning', `No connection${since}${reason === undefined ? '. Trying again' : `: ${reason}`}`);
  }

  silent(): void {
    this.show('warning', 'Nothing has come for 10 seconds. A proxy may hold the feed back. Trying again');
  }

  /** @param at - the time of the values that are shown; `undefined` when they follow the service again */
  paused(at: string | undefined): void {
    this.pausedAt = at;
    if (at !== undefined) {
      this.show('busy', '');
      setText(this.latest, '');
    }
  }

  private show(kind: Kind, text: string): void {
    setAttribute(this.target, 'data-kind', this.pausedAt === undefined ? kind : 'busy');
    setText(this.target, this.pausedAt === undefined ? text : `Paused at ${this.pausedAt}`);
  }
}
