/** An element of `Accept` or `Accept-Encoding`, in lower case. */
interface Preference {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1; 0 means not acceptable. */
  readonly quality: number;
}

/** The client's quality of each content coding; 0 means not acceptable. */
export interface AcceptedEncodings {
  readonly gzip: number;
  readonly identity: number;
}

/** The formats of an exposition. */
export type FormatName = 'text' | 'openMetrics' | 'protobuf';

interface MediaType {
  readonly value: string;
  /** Parameters that must have these values. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly version?: string;
}

/** The media types that a client must name to get another format than text. In lower case, as the parsed header is. */
const MEDIA_TYPES: Readonly<Record<Exclude<FormatName, 'text'>, MediaType>> = {
  protobuf: {
    value: 'application/vnd.google.protobuf',
    parameters: { proto: 'io.prometheus.client.metricfamily', encoding: 'delimited' },
  },
  openMetrics: { value: 'application/openmetrics-text', version: '1.0.0' },
};

/**
 * Returns the format that a client prefers. Text is the answer unless the header names another one, with at least the quality of the
 * text format: a client that accepts anything (`*`/`*`) gets text. Of equal qualities, protobuf comes first.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function preferredFormat(
  accept: string | undefined,
  { openMetrics }: { readonly openMetrics: boolean },
): FormatName {
  const preferences = parsePreferences(accept);
  const offered = openMetrics ? (['protobuf', 'openMetrics'] as const) : (['protobuf'] as const);
  let best: FormatName = 'text';
  let bestQuality = textQuality(preferences);
  for (const format of offered.toReversed()) {
    const quality = qualityOfType(preferences, MEDIA_TYPES[format]);
    if (quality > 0 && quality >= bestQuality) {
      best = format;
      bestQuality = quality;
    }
  }
  return best;
}

/** A range without version accepts each one; a range without one of the other parameters is of another format. */
function qualityOfType(preferences: readonly Preference[], type: MediaType): number {
  const named = preferences.filter(
    ({ value, parameters }) =>
      value === type.value &&
      [undefined, type.version].includes(parameters.get('version')) &&
      Object.entries(type.parameters ?? {}).every(([name, needed]) => parameters.get(name) === needed),
  );
  return Math.max(0, ...named.map(({ quality }) => quality));
}

/** The quality of the most specific range that covers the text format. */
function textQuality(preferences: readonly Preference[]): number {
  for (const range of ['text/plain', 'text/*', '*/*']) {
    const covering = preferences.filter(({ value }) => value === range);
    if (covering.length > 0) {
      return Math.max(...covering.map(({ quality }) => quality));
    }
  }
  return 0;
}

/**
 * Returns the qualities of a header. An uncompressed body stays acceptable, as the last choice, when the header is missing or
 * does not name `identity`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function acceptedEncodings(acceptEncoding: string | undefined): AcceptedEncodings {
  const preferences = parsePreferences(acceptEncoding);
  const asked = (...codings: readonly string[]): number | undefined =>
    preferences.find(({ value }) => codings.includes(value))?.quality;
  const any = asked('*');
  return {
    gzip: asked('gzip', 'x-gzip') ?? any ?? 0,
    identity: asked('identity') ?? any ?? Number.MIN_VALUE,
  };
}

/** Some adapters pass repeated headers as a list, which equals one header. */
function parsePreferences(header: string | readonly string[] = ''): Preference[] {
  return String(header)
    .toLowerCase()
    .split(',')
    .map((element) => element.split(';').map((part) => part.trim()))
    .map(([value = '', ...rest]) => {
      const parameters = new Map(rest.toReversed().map(parameter));
      return { value, parameters, quality: qualityOf(parameters.get('q')) };
    });
}

/** A value may be in quotes, except a quality. */
function parameter(element: string): [name: string, value: string] {
  const [name, ...rest] = element.split('=').map((part) => part.trim());
  const value = rest.join('=');
  return [name ?? '', name === 'q' ? value : value.replaceAll('"', '')];
}

/** RFC 9110, 12.4.2, but with any number of digits. */
const QUALITY = /^(0(\.\d*)?|1(\.0*)?)$/;

/** An invalid quality means not acceptable. */
function qualityOf(text = '1'): number {
  return QUALITY.test(text) ? Number(text) : 0;
}
