import { describe, expect, it } from 'vitest';
import { ReadingWindow } from '../../../src/live/reading-window.js';
import { takeReading } from '../../../src/live/reading.js';

const at = (seconds: number) => takeReading([], 'app_', seconds * 1000);

function windowWith(spanSeconds: number, spacingSeconds: number, seconds: readonly number[]): ReadingWindow {
  const window = new ReadingWindow(spanSeconds * 1000, spacingSeconds * 1000);
  seconds.forEach((second) => window.add(at(second)));
  return window;
}

describe('the reading that a present one is compared with', () => {
  it('is the latest one that is old enough, within a timer’s tolerance', () => {
    const window = windowWith(5, 0, [0, 1, 2, 3.02, 4, 5, 6, 7]);
    expect(window.base(at(8))?.atMs).toBe(3020);
    expect(window.base(at(12.3))?.atMs).toBe(7000);
  });

  it('is the oldest one while none is old enough, and none at first', () => {
    expect(windowWith(5, 0, []).base(at(1))).toBeUndefined();
    expect(windowWith(5, 0, [1, 2]).base(at(3))?.atMs).toBe(1000);
  });

  it('is kept at a distance from others, and for no longer than needed', () => {
    const window = windowWith(
      60,
      20,
      Array.from({ length: 1000 }, (_, second) => second),
    );
    const base = window.base(at(1000));
    expect(base?.atMs).toBeGreaterThanOrEqual(920_000);
    expect(base?.atMs).toBeLessThanOrEqual(946_000);
    expect((window as unknown as { readings: unknown[] }).readings.length).toBeLessThanOrEqual(5);
  });
});
