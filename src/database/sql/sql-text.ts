/** A name or keyword of PostgreSQL's lexer. */
const WORD = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy;
const DOLLAR_TAG = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy;
const LINE_END = /[\n\r]/g;
const COMMENT_MARK = /\/\*|\*\//g;

/** Returns the word at `index`; empty without a word. */
export function wordAt(text: string, index: number): string {
  return matchAt(WORD, text, index);
}

/** Returns the start of the next word outside of comments: skips white space, parentheses, `;`. */
export function skipToWord(text: string, start: number): number {
  let index = start;
  while (index < text.length && !isWordStart(text.charCodeAt(index))) {
    index = Math.max(skipComment(text, index), index + 1);
  }
  return index;
}

/**
 * Returns the end of the string, quoted name or comment at `index`, or `index` without one. Without a closing mark it extends to
 * the end of the text.
 */
export function skipUnread(text: string, index: number): number {
  const char = text[index];
  switch (char) {
    case "'":
    case '"':
    case '`':
      return after(text, char, index + 1);
    case 'e':
    case 'E':
      return text[index + 1] === "'" ? skipEscaped(text, index + 2) : index;
    case '$': {
      const tag = matchAt(DOLLAR_TAG, text, index);
      return tag === '' ? index : after(text, tag, index + tag.length);
    }
    default:
      return skipComment(text, index);
  }
}

function skipComment(text: string, index: number): number {
  if (text.startsWith('--', index)) {
    LINE_END.lastIndex = index + 2;
    return LINE_END.test(text) ? LINE_END.lastIndex : text.length;
  }
  return text.startsWith('/*', index) ? skipNested(text, index) : index;
}

/** Comments may be nested. */
function skipNested(text: string, start: number): number {
  COMMENT_MARK.lastIndex = start;
  let depth = 0;
  for (let mark = COMMENT_MARK.exec(text); mark !== null; mark = COMMENT_MARK.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) {
      return COMMENT_MARK.lastIndex;
    }
  }
  return text.length;
}

/** Skips a string with backslash escapes. */
function skipEscaped(text: string, start: number): number {
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === '\\') {
      index += 1;
    } else if (text[index] === "'") {
      return index + 1;
    }
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.test(text) ? text.slice(index, pattern.lastIndex) : '';
}

function after(text: string, what: string, start: number): number {
  const found = text.indexOf(what, start);
  return found < 0 ? text.length : found + what.length;
}

export function isWordStart(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || code === 0x5f || code >= 0x80;
}
