import { expect } from 'vitest';

const SHORT = 10_000;
const LONG = 100_000;
/** Ten times the length takes about ten times as long; going over it again and again, a hundred times. */
const MOST = 40;

/** Fails when reading a text takes the square of its length: compares the quickest of ten readings of two lengths. */
export function expectLinearTime(textOf: (length: number) => string, read: (text: string) => unknown): void {
  const [short, long] = [textOf(SHORT), textOf(LONG)];
  read(short);
  read(long);
  // Side by side: what else the machine does slows both.
  const pairs = Array.from(
    { length: 10 },
    () => [timeOf(() => read(short)), timeOf(() => read(long))] as const,
  );
  const quickest = Math.min(...pairs.map(([time]) => time));
  expect(Math.min(...pairs.map(([, time]) => time)) / quickest).toBeLessThan(MOST);
}

/** Of as many calls as a clock can tell from none. */
function timeOf(work: () => unknown): number {
  let calls = 0;
  const startedAt = performance.now();
  do {
    work();
    calls += 1;
  } while (performance.now() - startedAt < 1);
  return (performance.now() - startedAt) / calls;
}
