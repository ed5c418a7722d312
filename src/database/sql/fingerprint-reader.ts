import type { Item } from './list-element.js';
import { keywordOf, wordKind } from './sql-words.js';
import type { Quoting, TokenKind, TokenReader } from './sql-tokens.js';
import { type Context, TokenLevel } from './token-level.js';

/** The context of the parentheses after a word: `type first` where their first argument is a type. MySQL's CONVERT() has it second. */
const CONTEXTS: ReadonlyMap<string, Context> = new Map([
  ['IN', 'list'],
  ['ANY', 'list'],
  ['SOME', 'list'],
  ['ALL', 'list'],
  ['FIELD', 'list'],
  ['CONVERT', 'type first'],
  ['TRY_CONVERT', 'type first'],
]);

/** Words that are also functions. */
const JOINS: ReadonlySet<string> = new Set(['LEFT', 'RIGHT']);

type StatementPart = 'start' | 'setting' | 'sign' | 'value' | 'other';

/** Comes before the value of a setting. */
const SIGN = /^(?:=|to)$/i;
/** Settings whose value follows without a sign: `SET ROLE …`, `SET SESSION AUTHORIZATION …`, `SET SCHEMA …`. */
const SIGNLESS = /^(?:role|authorization|schema)$/i;

/** Builds the fingerprint of a statement from its tokens. */
export class FingerprintReader implements TokenReader {
  private readonly items: Item[] = [];
  private level = new TokenLevel(this.items, '', false, 'plain');
  /** The outer levels. */
  private readonly outer: TokenLevel[] = [];
  /**
   * The part of a statement that is read. In `SET name = …`, `SET name TO …`, `SET ROLE …` and `USE …`, the rest is one value: it need
   * not be a literal, and names tenants and users.
   */
  private part: StatementPart = 'start';

  constructor(private readonly quoting: Quoting) {}

  token(kind: TokenKind, text: string, isSpaced: boolean): void {
    if (kind === 'mark' && text === ';') {
      this.part = 'start';
    } else if (this.part === 'value') {
      return;
    } else if (this.part === 'sign' && !SIGN.test(text)) {
      this.part = 'value';
      this.level.addValue(isSpaced);
      return;
    } else if (this.part === 'start') {
      this.part = kind === 'word' ? partAfter(text.toUpperCase()) : 'other';
    } else if (this.part === 'setting' && (SIGN.test(text) || SIGNLESS.test(text))) {
      this.part = 'sign';
    }
    this.add(kind, text, isSpaced);
  }

  private add(kind: TokenKind, text: string, isSpaced: boolean): void {
    switch (kind) {
      case 'value':
        this.level.addValue(isSpaced);
        break;
      case 'word':
        this.word(text, isSpaced);
        break;
      case 'mark':
        this.mark(text, isSpaced);
        break;
      default:
        this.level.add(itemOf(kind, text, isSpaced));
    }
  }

  /** @param isCut - true when the text continues and is not read */
  end(isCut: boolean): string {
    while (this.outer.length > 0) {
      this.close(isCut ? closingOf(this.level) : '', isCut);
    }
    return this.level.end(isCut).text;
  }

  private word(text: string, isSpaced: boolean): void {
    const { level } = this;
    const last = level.last?.text;
    const keyword = last === '.' ? undefined : keywordOf(text);
    if (keyword === undefined) {
      // In MySQL, names of tables are case-sensitive.
      level.add(itemOf('name', this.quoting === 'mysql' ? text : text.toLowerCase(), isSpaced));
      return;
    }
    const kind = wordKind(keyword);
    if (keyword === 'FROM' && (last === 'DISTINCT' || level.isArgument)) {
      // IS DISTINCT FROM …, EXTRACT(… FROM …)
      level.add(itemOf('infix', keyword, isSpaced));
    } else if (kind === 'clause' || kind === 'condition' || (JOINS.has(keyword) && !level.isBeforeOperand)) {
      level.addClause(keyword, kind === 'condition');
    } else {
      level.add(itemOf(kind, keyword, isSpaced));
    }
  }

  private mark(mark: string, isSpaced: boolean): void {
    switch (mark) {
      case ',':
        this.level.addComma();
        break;
      case ';':
        this.level.addSemicolon();
        break;
      case '(':
      case '[':
        this.open(mark, isSpaced);
        break;
      default:
        if (mark === closingOf(this.level)) {
          this.close(mark, false);
        } else {
          this.level.add(itemOf('operator', mark, isSpaced));
        }
    }
  }

  private open(opening: '(' | '[', isSpaced: boolean): void {
    const { level } = this;
    const last = level.last;
    const context = opening === '(' ? this.contextAfter(last) : bracketsAfter(last, level);
    // IN (…), ANY(…), ARRAY[…]. ALL is also in UNION ALL.
    const isOfWord = context === 'list' && last !== undefined && last.text !== 'ALL';
    this.level = new TokenLevel(this.items, opening, isOfWord ? last.text === 'IN' : isSpaced, context);
    this.outer.push(level);
  }

  private contextAfter(last: Item | undefined): Context {
    if (last === undefined || last.text === 'ROW') {
      return this.level.isRows ? 'list' : 'plain';
    }
    if (last.group !== undefined) {
      return 'plain';
    }
    const context = CONTEXTS.get(last.text) ?? (last.kind === 'name' ? 'call' : 'plain');
    return context === 'type first' && this.quoting === 'mysql' ? 'type second' : context;
  }

  private close(closing: string, isCut: boolean): void {
    const { level } = this;
    const group = level.end(isCut);
    this.level = this.outer.pop()!;
    this.level.add({
      kind: 'group',
      text: level.opening + group.text + closing,
      isSpaced: level.isSpaced,
      group,
    });
  }
}

function partAfter(firstWord: string): StatementPart {
  return firstWord === 'SET' ? 'setting' : firstWord === 'USE' ? 'sign' : 'other';
}

function bracketsAfter(last: Item | undefined, level: TokenLevel): Context {
  return last?.text === 'ARRAY' || level.isBeforeOperand ? 'list' : 'plain';
}

function closingOf({ opening }: TokenLevel): string {
  return opening === '(' ? ')' : opening === '[' ? ']' : '';
}

function itemOf(kind: Item['kind'], text: string, isSpaced: boolean): Item {
  return { kind, text, isSpaced, group: undefined };
}
