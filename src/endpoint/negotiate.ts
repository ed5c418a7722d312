/** An element of `Accept` or `Accept-Encoding`, in lower case. */
interface Preference {
  readonly value: string;
  readonly version: string | undefined;
  /** 0 to 1; 0 means not acceptable. */
  readonly quality: number;
}

/** How much a client likes each content coding; 0 means not acceptable. */
export interface AcceptedEncodings {
  readonly gzip: number;
  readonly identity: number;
}

const OPEN_METRICS = 'application/openmetrics-text';
const OPEN_METRICS_VERSION = '1.0.0';

/**
 * Whether a client prefers OpenMetrics 1.0 to the text format: it names it, and likes the text format no better. Whoever takes
 * anything (`*`/`*`) gets text.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  const preferences = parsePreferences(accept);
  const openMetrics = preferences.filter(
    ({ value, version = OPEN_METRICS_VERSION }) => value === OPEN_METRICS && version === OPEN_METRICS_VERSION,
  );
  const named = Math.max(0, ...openMetrics.map(({ quality }) => quality));
  return named > 0 && named >= textQuality(preferences);
}

/** What the most specific range that covers the text format says. */
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
 * Without the header, and when it does not name `identity`, the plain body is acceptable, but nobody's wish.
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

/** Adapters may hand in a list of headers, which means the same as one header. */
function parsePreferences(header: string | readonly string[] = ''): Preference[] {
  return String(header)
    .toLowerCase()
    .split(',')
    .map((element) => element.split(';').map((part) => part.trim()))
    .map(([value = '', ...parameters]) => ({
      value,
      version: parameter(parameters, 'version')?.replaceAll('"', ''),
      quality: qualityOf(parameter(parameters, 'q')),
    }));
}

function parameter(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((candidate) => candidate.split('=')[0]?.trim() === name);
  return found?.slice(found.indexOf('=') + 1).trim();
}

/** As RFC 9110 (12.4.2) writes them; more than three digits do no harm. */
const QUALITY = /^(0(\.\d*)?|1(\.0*)?)$/;

/** What cannot be read counts as not acceptable. */
function qualityOf(text = '1'): number {
  return QUALITY.test(text) ? Number(text) : 0;
}
