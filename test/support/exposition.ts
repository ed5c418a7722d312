import { parseExposition } from './parse-exposition.js';

/** A scrape: the value of every sample by its line's text before the value. */
export type Exposition = ReadonlyMap<string, number>;

/** @throws on everything that Prometheus would refuse. */
export function readExposition(text: string): Exposition {
  return new Map(
    parseExposition(text).samples.map(({ name, labels, value }) => [name + labelText(labels), value]),
  );
}

/** In the order of the line, so that tests hold it too. */
function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
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
