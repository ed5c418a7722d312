import { skipUnread } from '../query/sql-text.js';
import {
  effectOf,
  isHarmless,
  isTemporary,
  NO_FUNCTIONS,
  Reach,
  type Setting,
} from './session-statements.js';

/** What a text may change, as far as the text tells. */
export interface SessionChange {
  readonly reach: Reach;
  /** A setting that it changes. Without consequence where the server reports that setting. */
  readonly settings: readonly Setting[];
  /** Functions that it calls, each of which may change the session. */
  readonly calls: readonly string[];
}

/** What is known of a server. */
export interface ServerKnowledge {
  /** Whether every function of that name leaves the session alone. */
  isHarmless(functionName: string): boolean;
  /** Whether the server reports each change of a setting. */
  reports(setting: string): boolean;
}

/** How much of a text is read word by word: bounds the time that a hostile one takes. */
const READ_LENGTH = 16_384;
/** In the rest of a long text: may be a function call, or another statement. */
const CALL = /[\w"]\s{0,9}\(/;
const CALL_OR_STATEMENT = /[\w"]\s{0,9}\(|;/;

/** Statements that change the session only by functions or by `INTO`; and what a text without both does not have. */
const PLAIN = /^\s*(?:select|insert|update|delete)\b/i;
const SUSPICIOUS = /[\w"]\s*(?:\(|--|\/\*)|\binto\b|;/i;

const TOKEN = /["'`();]|--|\/\*|\$(?!\d)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/g;
/** `set_config()` with its arguments written out: the setting's name, and whether it is local. */
const SET_CONFIG =
  /^\(\s*'([\w.]+)'\s*,\s*(?:\$\d+|'[^']*')(?:::\w+)?\s*,\s*(true|false|'t'|'f'|'true'|'false')\s*\)/i;
/** After these, a name has columns in its parentheses. */
const BEFORE_NAME: ReadonlySet<string | undefined> = new Set(['into', 'as', 'with', 'recursive']);
/** The first words of a statement that are kept. */
const KEPT_WORDS = 6;

const NO_CHANGE: SessionChange = { reach: Reach.None, settings: [], calls: [] };

/** How far a statement reaches on a given server. */
export function reachOn(server: ServerKnowledge, { reach, settings, calls }: SessionChange): Reach {
  let furthest = reach;
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
 * Reads from a text how it may change what later texts mean. Where that cannot be followed, the answer is the greater change.
 *
 * @param isSingle - the text is one statement: it is sent with values
 */
export function readSessionChange(text: string, isSingle: boolean): SessionChange {
  if (PLAIN.test(text) && !SUSPICIOUS.test(text)) {
    return NO_CHANGE;
  }
  const reader = new Reader(text.length > READ_LENGTH ? text.slice(0, READ_LENGTH) : text);
  const { reach, ...rest } = reader.read();
  const isUnread =
    text.length > READ_LENGTH && (isSingle ? CALL : CALL_OR_STATEMENT).test(text.slice(READ_LENGTH));
  return { ...rest, reach: isUnread ? Math.max(reach, Reach.Session) : reach };
}

/** A name with its qualifiers, or a keyword. */
interface Word {
  /** Without its qualifiers and quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

class Reader {
  private reach = Reach.None;
  private readonly settings: Setting[] = [];
  private readonly calls = new Set<string>();
  /** The first words of the present statement. */
  private words: string[] = [];
  private last: Word | undefined;
  private beforeLast: string | undefined;

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
      } else if (token !== ')' && token !== '$') {
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
    this.last = { text, start: isQualified ? last.start : start, end };
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

  /** What is between two words of a name, or a function's name and its arguments, belongs to the first. */
  private skipComment(start: number, end: number): void {
    if (this.last !== undefined && this.isBlank(this.last.end, start)) {
      this.last = { ...this.last, end };
    }
  }

  /** `name (`: a function, unless a keyword, a table with its columns, or an alias with its columns is written so. */
  private parenthesis(start: number): void {
    const { last, beforeLast } = this;
    if (last === undefined || !this.isBlank(last.end, start) || NO_FUNCTIONS.has(last.text)) {
      return;
    }
    if (last.text === 'set_config') {
      this.setConfig(start);
      return;
    }
    const before = this.text.slice(Math.max(0, last.start - 10), last.start).trimEnd();
    const isList = before.endsWith(')') || (/\w$/.test(before) && BEFORE_NAME.has(beforeLast));
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
    return start === end || this.text.slice(start, end).trim() === '';
  }
}
