import { createHash } from 'node:crypto';
import { RecentMap } from '../../core/tool/recent-map.js';
import type { PreparingConnection } from '../source/query-source.interface.js';
import { isReported, Reach } from './session-statements.js';

/** Reported values whose suffixes are remembered at a time, twice. */
const GENERATION_SIZE = 500;
const SUFFIX_LENGTH = 12;

/** In a text that changes the database: functions come, go or are others than before, or what runs them. */
const FUNCTIONS =
  /\b(?:function|procedure|routine|aggregate|extension|trigger|view|rule|policy|default|constraint|check)\b/i;

const suffixes = new RecentMap<string, string>(GENERATION_SIZE);

/**
 * Whether texts mean on a connection what they meant when it was last at rest. What its statements may have changed since
 * stays unknown until the transaction ends; settings whose values the server reports are known at any time.
 */
export class ConnectionSession {
  /** Of the statements sent since the connection was last at rest. */
  private reach = Reach.None;
  /** The first statement of that reach. */
  private firstChange = '';
  /** Whether one of them may have created or altered functions. */
  private hasFunctions = false;
  private readonly reported = new Map<string, string>();
  /** What names of statements end in, so that statements prepared with other settings have other names. */
  suffix = '';
  private readonly stops = new Set<() => void>();

  /** @param onChanged - called when it is known again, and what was prepared before may mean something else now */
  constructor(
    private readonly connection: PreparingConnection,
    private readonly onChanged: (reach: Reach, changedBy: string, hasFunctions: boolean) => void,
  ) {
    if (!connection.isAtRest) {
      // What was sent before is not known.
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

  /** The statement that may have changed what texts mean; `undefined` while that is known. */
  get changedBy(): string | undefined {
    this.settle();
    return this.reach === Reach.None ? undefined : this.firstChange;
  }

  /** A statement is about to be sent. */
  sends(text: string, reach: Reach): void {
    this.settle();
    this.hasFunctions ||= reach === Reach.Database && FUNCTIONS.test(text);
    if (reach <= this.reach) {
      return;
    }
    this.reach = reach;
    this.firstChange = text;
    if (reach === Reach.Database) {
      // Other connections must know before they send the next statement, and this one may send none.
      const stop = this.connection.onceAtRest(() => {
        this.stops.delete(stop);
        this.end();
      });
      this.stops.add(stop);
    }
  }

  /** A change of the database that was on its way may have been made: the connection broke, or is watched no longer. */
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
