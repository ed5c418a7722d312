import { skipUnread } from '../sql/sql-text.js';

/** PostgreSQL's words for the present time. Digits and signs may be next to them, as in `'{now}'` and `'[today,tomorrow)'`. */
const TIME = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/i;
/** Strings that may contain such a word in escapes. */
const ESCAPED = /^e'[^]*\\[0-7xu]|^u&'/i;

const TOKEN = /["'`]|--|\/\*|\$(?!\d)|u&'|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/gi;

/**
 * Whether a text has a string that the server may read as the present time: in a prepared statement it would stay the time of
 * the first use. The function `now()` is evaluated in each transaction, prepared or not.
 */
export function hasConstantTime(text: string): boolean {
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    const start = match.index;
    const from = /^u&'/i.test(token) ? start + 2 : start;
    const end = skipUnread(text, from);
    if (end > from && isString(token)) {
      const string = text.slice(start, end);
      if (TIME.test(string) || ESCAPED.test(string)) {
        return true;
      }
    }
    TOKEN.lastIndex = Math.max(end, start + token.length);
  }
  return false;
}

/** False for a comment or a quoted name. */
function isString(token: string): boolean {
  return token !== '--' && token !== '/*' && token !== '"' && token !== '`';
}
