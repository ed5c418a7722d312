import { describe, expect, it } from 'vitest';
import { format, formatDuration, formatWhole } from '../../../../src/live/page/format.js';

// The process' locale decides the signs between digits: only the parts that all locales have are compared.
const digits = (text: string): string => text.replaceAll(/[.,\s\u202f']/g, '');

describe('a value on the page', () => {
  it('that is not known is a dash', () => {
    expect([
      format(null, 'seconds'),
      format(undefined, 'count'),
      formatWhole(null),
      formatDuration(null),
    ]).toEqual(['–', '–', '–', '–']);
  });

  it('has a unit, and few digits', () => {
    expect(digits(format(0.012345, 'seconds'))).toBe('123ms');
    expect(digits(format(2.3456, 'seconds'))).toMatch(/^235s/);
    expect(digits(format(0, 'perSecond'))).toBe('0/s');
    expect(digits(format(1234.5, 'perSecond'))).toMatch(/^123[45]\/s$/);
    expect(digits(format(0.004321, 'ratio'))).toBe('043%');
    expect(digits(format(0.5, 'ratio'))).toBe('50%');
    expect(digits(format(123_456_789, 'bytes'))).toBe('123MB');
    expect(format(3, 'count')).toBe('3');
  });

  it('has the unit of the largest of a list', () => {
    expect(digits(format(0.5, 'seconds', 2))).toMatch(/^05s/);
    expect(digits(format(5e5, 'bytes', 3e6))).toBe('05MB');
  });

  it('is exact where a scrape is', () => {
    expect(digits(formatWhole(1_234_567))).toBe('1234567');
  });

  it('has the two largest units of a duration', () => {
    expect(digits(formatDuration(42))).toMatch(/^42s/);
    expect(digits(formatDuration(125))).toMatch(/^2min5s/);
    expect(digits(formatDuration(2 * 86_400 + 3 * 3600 + 59))).toMatch(/^2days?3hr/);
  });
});
