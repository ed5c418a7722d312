import type { ParsedSample } from './parse-exposition.js';

interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestamp: number | undefined;
}

export interface OpenMetricsSample extends ParsedSample {
  readonly exemplar?: Exemplar;
}

export interface ParsedOpenMetrics {
  readonly types: Readonly<Record<string, string>>;
  readonly help: Readonly<Record<string, string>>;
  readonly samples: readonly OpenMetricsSample[];
}

const METADATA = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,?)/sy;
const NUMBER = /(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)(?= |$)/y;

/** What the samples of a type may be called, after the name of the family. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['', '_sum', '_count', '_created'],
  unknown: [''],
};
const MAX_EXEMPLAR_CHARACTERS = 128;

/**
 * Reads OpenMetrics 1.0 by its specification, without any code of the library's. Throws on what the specification forbids and
 * the rendering of metrics could do: blank lines, a missing or early EOF, families in pieces, wrong suffixes, repeated
 * series, unescaped HELP, series in pieces, exemplars where none may be, names that two families share.
 */
export function parseOpenMetrics(exposition: Uint8Array): ParsedOpenMetrics {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(exposition);
  if (!text.endsWith('# EOF\n')) {
    throw new Error('The exposition does not end in # EOF.');
  }
  const types: Record<string, string> = {};
  const help: Record<string, string> = {};
  const samples: OpenMetricsSample[] = [];
  const seen = new Set<string>();
  let family: string | undefined;
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const metadata = METADATA.exec(line);
    if (metadata !== null) {
      const [, kind, name = '', rest = ''] = metadata;
      const into = kind === 'HELP' ? help : types;
      const closed = name !== family && (Object.hasOwn(help, name) || Object.hasOwn(types, name));
      if (closed || Object.hasOwn(into, name)) {
        throw new Error(`A second ${kind}, or one away from its family: ${line}`);
      }
      into[name] = kind === 'HELP' ? unescape(rest) : rest;
      family = name;
      continue;
    }
    const sample = new Line(line).sample();
    const type = types[family ?? ''] ?? '';
    const suffix = (SUFFIXES[type] ?? []).find((one) => `${family}${one}` === sample.name);
    if (suffix === undefined) {
      throw new Error(`Not a sample of ${family} (${type}): ${line}`);
    }
    if (sample.exemplar !== undefined && suffix !== '_total' && suffix !== '_bucket') {
      throw new Error(`An exemplar on ${line}`);
    }
    const key =
      sample.name + JSON.stringify(Object.entries(sample.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    if (seen.has(key)) {
      throw new Error(`Repeated series: ${line}`);
    }
    seen.add(key);
    samples.push(sample);
  }
  assertNoSharedNames(types);
  return { types, help, samples };
}

/** Every name that a family has or reserves for its samples is its own. */
function assertNoSharedNames(types: Readonly<Record<string, string>>): void {
  const owners = new Map<string, string>();
  for (const [family, type] of Object.entries(types)) {
    for (const name of new Set(['', ...(SUFFIXES[type] ?? [])].map((suffix) => family + suffix))) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        throw new Error(`${name} is a name of both ${owner} and ${family}`);
      }
      owners.set(name, family);
    }
  }
}

/** Reads one line from its start to its end. */
class Line {
  private position = 0;

  constructor(private readonly line: string) {}

  sample(): OpenMetricsSample {
    const name = this.match(NAME)[0];
    const labels = this.line[this.position] === '{' ? this.labels() : {};
    this.expect(' ');
    const value = this.number();
    if (this.position === this.line.length) {
      return { name, labels, value };
    }
    this.expect(' # ');
    const exemplarLabels = this.labels();
    this.expect(' ');
    const exemplarValue = this.number();
    const timestamp = this.position < this.line.length ? this.timestamp() : undefined;
    const characters = Object.entries(exemplarLabels).flat().join('');
    if (this.position !== this.line.length || Array.from(characters).length > MAX_EXEMPLAR_CHARACTERS) {
      throw new Error(`Not an exemplar: ${this.line}`);
    }
    return { name, labels, value, exemplar: { labels: exemplarLabels, value: exemplarValue, timestamp } };
  }

  private labels(): Record<string, string> {
    this.expect('{');
    const labels: Record<string, string> = {};
    while (this.line[this.position] !== '}') {
      const [, name = '', value = '', comma] = this.match(LABEL);
      if (Object.hasOwn(labels, name) || (comma === ',') === (this.line[this.position] === '}')) {
        throw new Error(`Not labels: ${this.line}`);
      }
      labels[name] = unescape(value);
    }
    this.expect('}');
    return labels;
  }

  private timestamp(): number {
    this.expect(' ');
    return this.number();
  }

  private number(): number {
    const [text] = this.match(NUMBER);
    return { '+Inf': Infinity, '-Inf': -Infinity }[text] ?? Number(text);
  }

  private expect(text: string): void {
    if (!this.line.startsWith(text, this.position)) {
      throw new Error(`No ${JSON.stringify(text)} at ${this.position} of ${JSON.stringify(this.line)}`);
    }
    this.position += text.length;
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.line);
    if (match === null) {
      throw new Error(`Not a sample at ${this.position}: ${JSON.stringify(this.line)}`);
    }
    this.position = pattern.lastIndex;
    return match;
  }
}

function unescape(text: string): string {
  if (/(^|[^\\])(\\\\)*"/.test(text)) {
    throw new Error(`An unescaped quote: ${text}`);
  }
  return text.replace(/\\(.)/gs, (escape, escaped: string) => {
    if (!'\\n"'.includes(escaped)) {
      throw new Error(`Not an escape: ${escape}`);
    }
    return escaped === 'n' ? '\n' : escaped;
  });
}
