import { skipUnread } from '../sql/sql-text.js';
import {
  effectOf,
  isHarmless,
  isTemporary,
  NO_FUNCTIONS,
  Reach,
  type Setting,
} from './session-statements.js';

/** The changes that a text may make, as far as the text shows. */
export interface SessionChange {
  readonly reach: Reach;
  /** Settings that it changes. A setting that the server reports has no reach. */
  readonly settings: readonly Setting[];
  /** Functions that it calls; each may change the session. */
  readonly calls: readonly string[];
}

/** Knowledge about a server. */
export interface ServerKnowledge {
  /** Whether no function of that name can change the session. */
  isHarmless(functionName: string): boolean;
  /** Whether the server reports each change of a setting. */
  reports(setting: string): boolean;
  /** Whether a text has the name of a relation that changes the session by a trigger, a rule or the like. */
  isActing(text: string): boolean;
}

/** The part of a text that is read word by word. Bounds the time of hostile texts. */
const READ_LENGTH = 16_384;
/**
 * A possible function call or `INTO`. Names may have letters of any language. To the server, only ASCII has white space: a wide one is
 * part of a name. As both, a run of them would take quadratic time.
 */
const CALL = /[\w$"\u0080-\uffff][ \t-\r]*(?:\(|--|\/\*)|\binto\b/i;

/** Statements that change the session by functions or `INTO` only. */
const PLAIN = /^\s*(?:select|insert|update|delete)\b/i;

/** An update of this view calls `set_config()` by a rule. */
const SETTINGS_VIEW = /\bpg_settings\b/i;
const UPDATE = /\bupdate\b/i;

const TOKEN = /["'`();]|--|\/\*|\$(?!\d)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/g;
/** `set_config()` with literal arguments: the name of the setting, and whether it is local. */
const SET_CONFIG =
  /^\(\s*'([\w.]+)'\s*,\s*(?:\$\d+|'[^']*')(?:::\w+)?\s*,\s*(true|false|'t'|'f'|'true'|'false')\s*\)/i;
/** Words before a name whose parentheses contain columns. */
const BEFORE_NAME: ReadonlySet<string | undefined> = new Set(['into', 'as', 'with', 'recursive', 'copy']);
/** Words before parentheses that a function may follow: `DISTINCT ON (a) f(b)`, `a OPERATOR(pg_catalog.=) f(b)`, `RETURNING WITH (OLD AS o) f()`. */
const BEFORE_CALL: ReadonlySet<string | undefined> = new Set(['on', 'operator', 'with']);
/** The server's function, not one of that name in another schema. */
const SERVERS_SET_CONFIG = /^(?:"?pg_catalog"?\s*\.\s*)?"?set_config"?\s*$/i;
/** The number of first words of a statement that are kept. */
const KEPT_WORDS = 6;

const NO_CHANGE: SessionChange = { reach: Reach.None, settings: [], calls: [] };

/** Returns the reach of a text on a given server. */
export function reachOn(
  server: ServerKnowledge,
  text: string,
  { reach, settings, calls }: SessionChange,
): Reach {
  let furthest = reach;
  if (furthest < Reach.Session && server.isActing(text)) {
    furthest = Reach.Session;
  }
  for (const setting of settings) {
    if (!server.reports(setting.name)) {
      furthest = Math.max(furthest, setting.isLocal ? Reach.Transaction : Reach.Session);
    }
  }
  for (const name of calls) {
    if (furthest < Reach.Session && !server.isHarmless(name)) {
      furthest = Reach.Session;
    }
  }
  return furthest;
}

/**
 * Returns how a text may change the meaning of later texts. Where the text is ambiguous, returns the greater change.
 *
 * @param isSingle - the text is one statement, because it is sent with values
 */
export function readSessionChange(text: string, isSingle: boolean): SessionChange {
  const changesSettings = SETTINGS_VIEW.test(text) && UPDATE.test(text);
  if (PLAIN.test(text) && !CALL.test(text) && !text.includes(';') && !changesSettings) {
    return NO_CHANGE;
  }
  const reader = new Reader(text.length > READ_LENGTH ? text.slice(0, READ_LENGTH) : text);
  const { reach, ...others } = reader.read();
  // Includes the last character that was read: a name may end there.
  const rest = text.slice(READ_LENGTH - 1);
  const isUnread = text.length > READ_LENGTH && (CALL.test(rest) || (!isSingle && rest.includes(';')));
  return { ...others, reach: isUnread || changesSettings ? Math.max(reach, Reach.Session) : reach };
}

/** A keyword, or a name with its qualifiers. */
interface Word {
  /** Without qualifiers and quotes. */
  readonly text: string;
  /** Whether it may be a keyword: neither quoted nor qualified. */
  readonly isPlain: boolean;
  readonly start: number;
  readonly end: number;
}

class Reader {
  private reach = Reach.None;
  private readonly settings: Setting[] = [];
  private readonly calls = new Set<string>();
  /** The first words of the current statement. */
  private words: string[] = [];
  private last: Word | undefined;
  private beforeLast: string | undefined;
  /** The words before the open parentheses. */
  private readonly open: (string | undefined)[] = [];
  /** The end of the last parentheses that an alias may follow; `-1` without any. */
  private aliasFrom = -1;

  constructor(private readonly text: string) {}

  read(): SessionChange {
    const { text } = this;
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
      const [token] = match;
      const start = match.index;
      let end = start + token.length;
      if (token === '(') {
        this.parenthesis(start);
      } else if (token === ';') {
        this.endStatement();
      } else if (token === ')') {
        this.aliasFrom = BEFORE_CALL.has(this.open.pop()) ? -1 : end;
      } else if (token !== '$') {
        const unread = skipUnread(text, start);
        if (unread === start) {
          this.word(token.toLowerCase(), start, end);
        } else if (token === '"') {
          this.word(text.slice(start + 1, unread - 1), start, unread);
        } else if (token === '--' || token === '/*') {
          this.skipComment(start, unread);
        }
        end = Math.max(end, unread);
      } else if (token === '$') {
        end = Math.max(end, skipUnread(text, start));
      }
      TOKEN.lastIndex = end;
    }
    this.endStatement();
    return { reach: this.reach, settings: this.settings, calls: [...this.calls] };
  }

  private word(text: string, start: number, end: number): void {
    const { last } = this;
    const isQualified = last !== undefined && this.text.slice(last.end, start).trim() === '.';
    if (!isQualified) {
      this.beforeLast = last?.text;
    }
    const isPlain = !isQualified && this.text[start] !== '"';
    this.last = { text, isPlain, start: isQualified ? last.start : start, end };
    if (this.words.length < KEPT_WORDS) {
      this.words.push(isQualified ? `.${text}` : text);
    }
    if (text === 'into' && this.beforeLast !== 'insert' && this.beforeLast !== 'merge') {
      // `SELECT … INTO [TEMPORARY] …`
      this.reaches(
        isTemporary(/\w+/.exec(this.text.slice(end, end + 20))?.[0]) ? Reach.Session : Reach.Database,
      );
    }
  }

  /** A comment within a name, or between a function's name and its arguments, belongs to the word before it. */
  private skipComment(start: number, end: number): void {
    if (this.last !== undefined && this.isBlank(this.last.end, start)) {
      this.last = { ...this.last, end };
    }
    if (this.isBlank(this.aliasFrom, start)) {
      this.aliasFrom = end;
    }
  }

  /** `name (` is a function, unless it is a keyword, a table with its columns, or an alias with its columns. */
  private parenthesis(start: number): void {
    const { last, beforeLast } = this;
    const isNamed = last !== undefined && this.isBlank(last.end, start);
    this.open.push(isNamed ? last.text : undefined);
    this.last = undefined;
    if (!isNamed || (last.isPlain && NO_FUNCTIONS.has(last.text))) {
      return;
    }
    if (SERVERS_SET_CONFIG.test(this.text.slice(last.start, last.end))) {
      this.setConfig(start);
      return;
    }
    const before = this.text.slice(Math.max(0, last.start - 10), last.start).trimEnd();
    const isList =
      this.isBlank(this.aliasFrom, last.start) || (/\w$/.test(before) && BEFORE_NAME.has(beforeLast));
    if (!isList) {
      this.calls.add(last.text);
    }
  }

  private setConfig(start: number): void {
    const written = SET_CONFIG.exec(this.text.slice(start, start + 300));
    if (written === null) {
      this.reaches(Reach.Session);
      return;
    }
    const [, name = '', isLocal = ''] = written;
    if (!isHarmless(name)) {
      this.settings.push({ name: name.toLowerCase(), isLocal: /^'?t/i.test(isLocal) });
    }
  }

  private endStatement(): void {
    const effect = effectOf(this.words);
    if (typeof effect === 'object') {
      this.settings.push(effect);
    } else {
      this.reaches(effect);
    }
    this.words = [];
    this.last = undefined;
  }

  private reaches(reach: Reach): void {
    this.reach = Math.max(this.reach, reach);
  }

  private isBlank(start: number, end: number): boolean {
    return start >= 0 && start <= end && this.text.slice(start, end).trim() === '';
  }
}
