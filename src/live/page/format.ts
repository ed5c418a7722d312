import type { Unit, Value } from '../live-messages.js';

/** Shown where there is no value. */
export const NONE = '–';

const SIGNIFICANT = { maximumSignificantDigits: 3 } as const;

/** All formats are those of the reader's locale. */
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const finePercent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 });
const DIGITS = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const clock = new Intl.DateTimeFormat(undefined, { ...DIGITS, second: '2-digit' });
const clockMinutes = new Intl.DateTimeFormat(undefined, DIGITS);

const inUnit = (unit: string, digits: Intl.NumberFormatOptions = SIGNIFICANT): Intl.NumberFormat =>
  new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'short', ...digits });

const wholeDigits = { maximumFractionDigits: 0 };
const milliseconds = inUnit('millisecond');
const seconds = inUnit('second');
const wholeSeconds = inUnit('second', wholeDigits);
const minutes = inUnit('minute', wholeDigits);
const hours = inUnit('hour', wholeDigits);
const days = inUnit('day', wholeDigits);

const BYTES: readonly (readonly [size: number, format: Intl.NumberFormat])[] = [
  [1e9, inUnit('gigabyte')],
  [1e6, inUnit('megabyte')],
  [1e3, inUnit('kilobyte')],
  [1, inUnit('byte')],
];

/** Formats a value. The unit of lists is chosen by their largest value: see `like`. */
export function format(value: Value | undefined, unit: Unit, like?: number): string {
  if (value === null || value === undefined) {
    return NONE;
  }
  switch (unit) {
    case 'seconds':
      return (like ?? value) < 1 ? milliseconds.format(value * 1000) : seconds.format(value);
    case 'ratio':
      return (value < 0.01 ? finePercent : percent).format(value);
    case 'bytes':
      return formatBytes(value, like ?? value);
    case 'perSecond':
      return `${formatNumber(value)}/s`;
    default:
      return formatNumber(value);
  }
}

/** Formats a number as it is, such as a sum that a scrape has. */
export function formatWhole(value: Value): string {
  return value === null ? NONE : whole.format(value);
}

function formatNumber(value: number): string {
  return (value >= 100 ? whole : value >= 10 ? tenths : hundredths).format(value);
}

function formatBytes(value: number, like: number): string {
  const [size, bytes] = BYTES.find(([least]) => like >= least) ?? [1, inUnit('byte')];
  return bytes.format(value / size);
}

/** Formats a time of the service's clock. */
export function formatTime(unixMs: number): string {
  return clock.format(unixMs);
}

export function formatMinute(unixMs: number): string {
  return clockMinutes.format(unixMs);
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Formats a duration with its two largest units. */
export function formatDuration(value: Value): string {
  if (value === null) {
    return NONE;
  }
  if (value < MINUTE) {
    return wholeSeconds.format(value);
  }
  if (value < HOUR) {
    return `${minutes.format(Math.floor(value / MINUTE))} ${wholeSeconds.format(Math.floor(value % MINUTE))}`;
  }
  return value < DAY
    ? `${hours.format(Math.floor(value / HOUR))} ${minutes.format(Math.floor((value % HOUR) / MINUTE))}`
    : `${days.format(Math.floor(value / DAY))} ${hours.format(Math.floor((value % DAY) / HOUR))}`;
}
