/** NUL and lone surrogates, which databases and encodings reject. */
const INVALID = /[\0\p{Cs}]/gu;
/** Control characters, bidi overrides and other invisible characters, separators of lines and paragraphs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Quoted names, words and parentheses. A name after `.`, `@`, `:` or `#` is not a keyword. */
const TOKEN =
  /"(?:[^"]|"")*"?|`[^`]*`?|\[[\w\s.$#@-]*\]|[.@:#]?[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[()]/g;

const GAP = '…';
const LIST_GAP = ` ${GAP} `;

/** The position of a clause, and the number of parentheses around it. */
interface Clause {
  readonly at: number;
  readonly depth: number;
}

/** The part between `SELECT` and `FROM`. */
interface SelectList {
  readonly from: number;
  readonly to: number;
}

interface Structure {
  readonly selectLists: readonly SelectList[];
  readonly froms: readonly Clause[];
  readonly wheres: readonly Clause[];
}

/** Replaces characters that forge log lines or control terminals with spaces, and invalid ones with U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(INVALID, '\ufffd').replaceAll(UNPRINTABLE, ' ');
}

/**
 * Returns a statement's fingerprint for logs and error messages: printable, on one line, and at most `maxLength` characters
 * long. Select lists are shortened first, beginning with the longest (`SELECT … FROM "books" WHERE …`). Then `FROM` with its
 * table, `WHERE` and the end are kept, and `…` replaces the rest.
 */
export function shownStatement(fingerprint: string, maxLength: number): string {
  const clean = printable(fingerprint);
  if (clean.length <= maxLength) {
    return clean;
  }
  const short = withoutSelectLists(clean, maxLength);
  return short.length <= maxLength ? short : printable(withoutMiddles(short, maxLength));
}

function withoutSelectLists(text: string, maxLength: number): string {
  const shortened: SelectList[] = [];
  let { length } = text;
  const longestFirst = structureOf(text).selectLists.toSorted((a, b) => b.to - b.from - (a.to - a.from));
  for (const list of longestFirst) {
    const isWithin = shortened.some(({ from, to }) => from <= list.from && list.to <= to);
    if (length > maxLength && !isWithin && list.to - list.from > LIST_GAP.length) {
      shortened.push(list);
      length -= list.to - list.from - LIST_GAP.length;
    }
  }
  let result = '';
  let end = 0;
  for (const { from, to } of shortened.toSorted((a, b) => a.from - b.from)) {
    result += text.slice(end, from) + LIST_GAP;
    end = to;
  }
  return result + text.slice(end);
}

/** The parts before FROM, up to WHERE and from WHERE get a third of the length each, and what the others do not need. */
function withoutMiddles(text: string, maxLength: number): string {
  const { froms, wheres } = structureOf(text);
  const from = outermost(froms);
  const where = outermost(wheres.filter(({ at }) => at > (from?.at ?? 0)));
  const bounds = [0, from?.at ?? 0, where?.at ?? from?.at ?? 0, text.length];
  const parts = bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
  const shares = shareOut(
    parts.map(({ length }) => length),
    maxLength,
  );
  const [head = '', tables = '', rest = ''] = parts;
  const [ofHead = 0, ofTables = 0, ofRest = 0] = shares;
  return cutMiddle(head, ofHead) + cutEnd(tables, ofTables) + cutMiddle(rest, ofRest);
}

function shareOut(wanted: readonly number[], total: number): readonly number[] {
  const shares = wanted.map(() => 0);
  let left = total;
  const smallestFirst = [...wanted.entries()].toSorted(([, a], [, b]) => a - b);
  smallestFirst.forEach(([index, length], shared) => {
    const share = Math.min(length, Math.floor(left / (wanted.length - shared)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}

function cutEnd(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text.slice(0, Math.max(0, length - 2)).trimEnd()}${GAP} `.slice(0, length);
}

/** Keeps two thirds from the beginning. */
function cutMiddle(text: string, length: number): string {
  if (text.length <= length) {
    return text;
  }
  const end = Math.max(0, Math.floor((length - 1) / 3));
  const start = Math.max(0, length - 1 - end);
  return (text.slice(0, start) + GAP + text.slice(text.length - end)).slice(0, length);
}

/** Returns the first clause in the fewest parentheses, which is not in a common table expression or subquery. */
function outermost(clauses: readonly Clause[]): Clause | undefined {
  return clauses.reduce<Clause | undefined>(
    (found, clause) => (found === undefined || clause.depth < found.depth ? clause : found),
    undefined,
  );
}

function structureOf(text: string): Structure {
  const selectLists: SelectList[] = [];
  const froms: Clause[] = [];
  const wheres: Clause[] = [];
  /** The start of the open select list, by the number of parentheses around it. */
  const open: (number | undefined)[] = [];
  let depth = 0;
  let last = '';
  for (const { 0: token, index: at } of text.matchAll(TOKEN)) {
    const listStart = open[depth];
    const word = token.length <= 'DISTINCT'.length ? token.toUpperCase() : '';
    if (word === '(') {
      depth += 1;
    } else if (word === ')') {
      open.length = Math.min(open.length, depth);
      depth = Math.max(0, depth - 1);
    } else if (word === 'SELECT') {
      open[depth] = at + token.length;
    } else if ((word === 'DISTINCT' || word === 'ALL') && last === 'SELECT') {
      open[depth] = at + token.length;
    } else if (word === 'FROM' && last !== 'DISTINCT' && (listStart !== undefined || depth === 0)) {
      froms.push({ at, depth });
      if (listStart !== undefined) {
        selectLists.push({ from: listStart, to: at });
        open[depth] = undefined;
      }
    } else if (word === 'WHERE') {
      wheres.push({ at, depth });
    }
    last = word;
  }
  return { selectLists, froms, wheres };
}
