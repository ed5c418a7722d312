/** An element of `Accept` or `Accept-Encoding`, in lower case. */
interface Preference {
  readonly value: string;
  readonly version: string | undefined;
  /** 0 to 1; 0 means not acceptable. */
  readonly quality: number;
}

/** The client's quality of each content coding; 0 means not acceptable. */
export interface AcceptedEncodings {
  readonly gzip: number;
  readonly identity: number;
}

const OPEN_METRICS = 'application/openmetrics-text';
const OPEN_METRICS_VERSION = '1.0.0';

/**
 * Returns whether a client prefers OpenMetrics 1.0: the header names it, with at least the quality of the text format. A client
 * that accepts anything (`*`/`*`) gets text.
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

/** RFC 9110, 12.4.2, but with any number of digits. */
const QUALITY = /^(0(\.\d*)?|1(\.0*)?)$/;

/** An invalid quality means not acceptable. */
function qualityOf(text = '1'): number {
  return QUALITY.test(text) ? Number(text) : 0;
}
