/** What can be written as YAML: JSON's values. */
export type YamlValue =
  string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue | undefined };

/** Strings that YAML reads as strings, without quotes: no indicator, no number, no word of YAML, no `: ` and ` #`. */
const PLAIN =
  /^(?:\d+[smhd]|(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_/(][^:#\n\t]*(?::(?! |$)[^:#\n\t]*)*)$/i;

/** Lines that a block keeps as they are: the first one shows the indentation, and none is empty. */
const BLOCK = /^\S.*(?:\n.*\S.*)+$/;

/**
 * Writes YAML that people read: blocks, a line for each value, and strings of several lines as they are. The same value gives the same
 * text.
 */
export function toYaml(value: YamlValue): string {
  return `${lines(value, '').join('\n')}\n`;
}

function lines(value: YamlValue, indent: string): string[] {
  if (typeof value !== 'object' || value === null || isLeaf(value)) {
    return leaf(value, indent);
  }
  if (isList(value)) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = isLeaf(item) ? leaf(item, indent) : lines(item, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, item]) => {
    if (item === undefined) return [];
    if (!isLeaf(item)) return [`${indent}${quote(key)}:`, ...lines(item, `${indent}  `)];
    const [first = '', ...rest] = leaf(item, indent);
    return [`${indent}${quote(key)}: ${first}`, ...rest];
  });
}

/** The first line follows a key or a dash, further lines are indented. */
function leaf(value: YamlValue, indent: string): string[] {
  if (typeof value !== 'string') return [JSON.stringify(value)];
  return BLOCK.test(value)
    ? ['|-', ...value.split('\n').map((line) => `${indent}  ${line}`)]
    : [quote(value)];
}

function quote(text: string): string {
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) return JSON.stringify(text);
  const isPlain = PLAIN.test(text) && text.trim() === text;
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

/** Values on one line: scalars, and lists and objects without entries. */
function isLeaf(value: YamlValue): boolean {
  return (
    typeof value !== 'object' || value === null || Object.values(value).every((item) => item === undefined)
  );
}

/** `Array.isArray()` does not narrow readonly arrays. */
function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}
