/** One sample line; its labels in the order of the line. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedExposition {
  readonly types: Readonly<Record<string, string>>;
  readonly help: Readonly<Record<string, string>>;
  readonly samples: readonly ParsedSample[];
  /** Value by name and labels, the labels sorted: equal for equal expositions, whatever their order. */
  readonly series: Readonly<Record<string, number>>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME})(?: (.*))?$`, 's');
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 's');
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(,|$)/sy;
const FINITE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const PART_SUFFIX = /_(bucket|sum|count|total)$/;

/**
 * Reads the text format 0.0.4 by its specification, without any code of the library's. Throws on everything that
 * Prometheus would refuse, repeated series and broken UTF-8 included.
 */
export function parseExposition(exposition: string | Uint8Array): ParsedExposition {
  const bytes = typeof exposition === 'string' ? new TextEncoder().encode(exposition) : exposition;
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text !== '' && !text.endsWith('\n')) {
    throw new Error('The last line does not end.');
  }
  const types: Record<string, string> = {};
  const help: Record<string, string> = {};
  const samples: ParsedSample[] = [];
  const series: Record<string, number> = {};
  for (const line of text.split('\n').filter((one) => one !== '' && one !== '# EOF')) {
    const comment = COMMENT.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      const into = kind === 'HELP' ? help : types;
      if (Object.hasOwn(into, name)) {
        throw new Error(`Second ${kind} of ${name}`);
      }
      into[name] = kind === 'HELP' ? unescape(rest) : rest;
      continue;
    }
    const sample = parseSample(line);
    if (types[sample.name] === undefined && types[sample.name.replace(PART_SUFFIX, '')] === undefined) {
      throw new Error(`Sample without TYPE: ${line}`);
    }
    const key = seriesKey(sample.name, sample.labels);
    if (Object.hasOwn(series, key)) {
      throw new Error(`Repeated series: ${line}`);
    }
    series[key] = sample.value;
    samples.push(sample);
  }
  return { types, help, samples, series };
}

/** The key of one sample in {@link ParsedExposition.series}. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return name + JSON.stringify(sorted);
}

function parseSample(line: string): ParsedSample {
  const match = SAMPLE.exec(line);
  if (match === null) {
    throw new Error(`Not a sample: ${JSON.stringify(line)}`);
  }
  const [, name = '', labels = '', value = ''] = match;
  return { name, labels: parseLabels(labels), value: parseNumber(value) };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match === null || Object.hasOwn(labels, match[1] ?? '')) {
      throw new Error(`Not labels: ${JSON.stringify(text)}`);
    }
    labels[match[1] ?? ''] = unescape(match[2] ?? '');
  }
  return labels;
}

function parseNumber(text: string): number {
  // prom-client writes "Nan", which Prometheus reads in any case.
  const special = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN, Nan: Number.NaN }[text];
  if (special === undefined && !FINITE.test(text)) {
    throw new Error(`Not a number: ${text}`);
  }
  return special ?? Number(text);
}

function unescape(text: string): string {
  return text.replace(/\\([\\n"])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
