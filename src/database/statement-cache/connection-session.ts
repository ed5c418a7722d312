import { createHash } from 'node:crypto';
import { RecentMap } from '../../core/tool/recent-map.js';
import type { PreparingConnection } from '../source/query-source.interface.js';
import { isReported, Reach } from './session-statements.js';

/** Size of each generation of remembered suffixes. */
const GENERATION_SIZE = 500;
const SUFFIX_LENGTH = 12;

/** In a text that changes the database: it may create, alter or drop functions, or what calls them. */
const FUNCTIONS =
  /\b(?:function|procedure|routine|aggregate|extension|trigger|view|rule|policy|default|constraint|check)\b/i;

const suffixes = new RecentMap<string, string>(GENERATION_SIZE);

/**
 * Tracks whether texts on a connection mean what they meant when it was last at rest. Changes by its statements are unknown until
 * the transaction ends. Settings whose values the server reports are known at any time.
 */
export class ConnectionSession {
  /** The furthest reach of the statements since the connection was last at rest. */
  private reach = Reach.None;
  /** The first statement of that reach. */
  private firstChange = '';
  /** Whether one of the statements may have created or altered functions. */
  private hasFunctions = false;
  private readonly reported = new Map<string, string>();
  /** The suffix of statement names: statements prepared with other settings have other names. */
  suffix = '';
  private readonly stops = new Set<() => void>();

  /** @param onChanged - called at rest, when statements prepared before may have another meaning */
  constructor(
    private readonly connection: PreparingConnection,
    private readonly onChanged: (reach: Reach, changedBy: string, hasFunctions: boolean) => void,
  ) {
    if (!connection.isAtRest) {
      // The statements sent before are unknown.
      this.reach = Reach.Session;
    }
    this.stops.add(
      connection.onSetting((name, value) => {
        if (isReported(name)) {
          this.settingReported(name, value);
        }
      }),
    );
  }

  /** The statement that may have changed the meaning of texts; `undefined` while the meaning is known. */
  get changedBy(): string | undefined {
    this.settle();
    return this.reach === Reach.None ? undefined : this.firstChange;
  }

  /** To be called before a statement is sent. */
  sends(text: string, reach: Reach): void {
    this.settle();
    this.hasFunctions ||= reach === Reach.Database && FUNCTIONS.test(text);
    if (reach <= this.reach) {
      return;
    }
    this.reach = reach;
    this.firstChange = text;
    if (reach === Reach.Database) {
      // At once at the end: other connections must know before their next statement, and this one may have none.
      const stop = this.connection.onceAtRest(() => {
        this.stops.delete(stop);
        this.end();
      });
      this.stops.add(stop);
    }
  }

  /** To be called when the connection is closed or no longer named. A pending change of the database counts as made. */
  close(): void {
    if (this.reach === Reach.Database) {
      this.end();
    }
    this.stops.forEach((stop) => stop());
    this.stops.clear();
  }

  private settle(): void {
    if (this.reach !== Reach.None && this.connection.isAtRest) {
      this.end();
    }
  }

  private end(): void {
    const { reach, firstChange, hasFunctions } = this;
    this.reach = Reach.None;
    this.firstChange = '';
    this.hasFunctions = false;
    if (reach > Reach.Transaction) {
      this.onChanged(reach, firstChange, hasFunctions);
    }
  }

  private settingReported(name: string, value: string): void {
    this.reported.set(name, value);
    const key = JSON.stringify([...this.reported].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.suffix = suffixes.get(key, suffixOf);
  }
}

function suffixOf(key: string): string {
  return `_${createHash('sha256').update(key).digest('hex').slice(0, SUFFIX_LENGTH)}`;
}
