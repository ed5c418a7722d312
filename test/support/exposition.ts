/** A parsed scrape: the value of every sample by its line's text before the value. */
export type Exposition = ReadonlyMap<string, number>;

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{.*\})?) (\S+)$/;

/** @throws on any line that is neither a comment nor a sample, and on a series that appears twice. */
export function parseExposition(text: string): Exposition {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    const [, series, value] = SAMPLE.exec(line) ?? [];
    if (series === undefined || value === undefined || samples.has(series)) {
      throw new Error(`Not a sample, or one that appears twice: ${line}`);
    }
    samples.set(series, Number(value.replace('Inf', 'Infinity')));
  }
  return samples;
}

/** The sum over all series of a family. */
export function sumOf(exposition: Exposition, family: string): number {
  let sum = 0;
  for (const [series, value] of exposition) {
    if (series === family || series.startsWith(`${family}{`)) {
      sum += value;
    }
  }
  return sum;
}

/** The series of a family that are not 0, by their labels. */
export function seriesOf(exposition: Exposition, family: string): Record<string, number> {
  return Object.fromEntries(
    [...exposition]
      .filter(([series, value]) => series.startsWith(`${family}{`) && value !== 0)
      .map(([series, value]) => [series.slice(family.length), value]),
  );
}
