import { expect } from 'vitest';

const SHORT = 1000;
const LONG = 100_000;
/** A hundred times the length takes about a hundred times as long; going over it again and again, ten thousand times. */
const MOST = 1000;
const READINGS = 5;

/** Fails when reading a text takes the square of its length: compares the quickest of several readings of two lengths. */
export function expectLinearTime(textOf: (length: number) => string, read: (text: string) => unknown): void {
  const [short, long] = [textOf(SHORT), textOf(LONG)];
  read(short);
  read(long);
  // Side by side: what else the machine does slows both.
  const pairs = Array.from(
    { length: READINGS },
    () => [timeOf(() => read(short)), timeOf(() => read(long))] as const,
  );
  const quickest = Math.min(...pairs.map(([time]) => time));
  expect(Math.min(...pairs.map(([, time]) => time)) / quickest).toBeLessThan(MOST);
}

/** Fails when more of a text is read than its first characters: all of it would take longer by the ratio of the lengths. */
export function expectBoundedTime(text: string, length: number, read: (text: string) => unknown): void {
  const beginning = text.slice(0, length);
  const pairs = Array.from(
    { length: READINGS },
    () => [timeOf(() => read(beginning)), timeOf(() => read(text))] as const,
  );
  const quickest = Math.min(...pairs.map(([time]) => time));
  const ratio = Math.min(...pairs.map(([, time]) => time)) / quickest;
  expect(ratio).toBeLessThan(text.length / length / 4);
}

/**
 * The time of the processor, not of the clock: on a busy machine a long reading is interrupted, and a short one is not. Of as many
 * calls as can be told from none.
 */
function timeOf(work: () => unknown): number {
  let calls = 0;
  const before = process.cpuUsage();
  let used = 0;
  do {
    work();
    calls += 1;
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  } while (used < 2000);
  return used / calls;
}
