import type uPlot from 'uplot';
import type { LiveChart, LiveLine, Tone, Unit, Value } from '../live-messages.js';
import { format, formatMinute, formatTime } from './format.js';

/** Charts whose cursors move together. */
const SYNC_KEY = 'live';
/** Space for the labels of the axes, in `rem`: equal for all charts, so that their times lie below each other. */
const Y_AXIS_REM = 3.6;
const RIGHT_REM = 2.1;
const X_AXIS_REM = 1.6;
const HEIGHT_REM = 11;
/** Distance of times and values, in `rem`. */
const X_SPACE_REM = 4.5;
const Y_SPACE_REM = 2;

/** Distances of times, in seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** @param period - returns the shown time */
export function chartOptions(
  { lines, unit }: LiveChart,
  period: () => readonly [number, number],
  onCursor: (uplot: uPlot) => void,
): uPlot.Options {
  const other = lines.find((line) => line.unit !== undefined);
  return {
    width: 300,
    height: chartHeight(),
    padding: [0.5 * rem(), other === undefined ? RIGHT_REM * rem() : 0, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC_KEY, scales: ['x', null] },
      drag: { x: false, y: false },
      points: { size: 6, fill: (_, index) => colour(lines[index - 1]?.tone ?? 'first') },
      y: false,
    },
    scales: {
      x: { time: true, range: () => [...period()] },
      y: { range: rangeOf(unit) },
      ...(other !== undefined && { other: { range: rangeOf(other.unit as Unit) } }),
    },
    axes: [
      {
        ...axis(),
        size: X_AXIS_REM * rem(),
        space: X_SPACE_REM * rem(),
        incrs: TIME_STEPS,
        values: (_, splits, __, ___, step) =>
          splits.map((second) => (step < 60 ? formatTime : formatMinute)(second * 1000)),
      },
      valueAxis('y', unit),
      ...(other === undefined
        ? []
        : [
            {
              ...valueAxis('other', other.unit as Unit),
              side: 1,
              size: RIGHT_REM * rem(),
              grid: { show: false },
            },
          ]),
    ],
    series: [{}, ...lines.map((line) => lineSeries(line))],
    hooks: { setCursor: [onCursor] },
  };
}

export function chartHeight(): number {
  return HEIGHT_REM * rem();
}

function lineSeries({ tone, unit }: LiveLine): uPlot.Series {
  return {
    scale: unit === undefined ? 'y' : 'other',
    stroke: () => colour(tone),
    width: 1.5,
    ...(FILLED.includes(tone) && { fill: () => `${colour(tone)}1c` }),
    ...(tone === 'limit' && { dash: [4, 4] }),
    // A line needs two values; single ones are dots.
    points: {
      show: true,
      size: 3,
      stroke: () => colour(tone),
      fill: () => colour(tone),
      filter: (plot, index) => lonelyValues(plot.data[index] as Value[]),
    },
  };
}

/** Tones of the lines that have the area below them filled. */
const FILLED: readonly Tone[] = ['good', 'first'];

function lonelyValues(values: readonly Value[]): number[] {
  const isValue = (index: number): boolean => (values[index] ?? null) !== null;
  return values.flatMap((_, index) =>
    isValue(index) && !isValue(index - 1) && !isValue(index + 1) ? [index] : [],
  );
}

function axis(): uPlot.Axis {
  const family = getComputedStyle(document.body).fontFamily;
  return {
    stroke: () => variable('--muted'),
    font: `${0.75 * rem()}px ${family}`,
    grid: { stroke: () => variable('--grid'), width: 1 },
    ticks: { show: false },
    gap: 0.35 * rem(),
  };
}

function valueAxis(scale: string, unit: Unit): uPlot.Axis {
  return {
    ...axis(),
    scale,
    size: Y_AXIS_REM * rem(),
    space: Y_SPACE_REM * rem(),
    values: (_, splits) => splits.map((split) => format(split, unit, splits.at(-1))),
    ...(unit === 'count' && { incrs: WHOLE_STEPS }),
  };
}

/** Of connections there are only whole ones. */
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** Scales begin at 0 and leave some room above. Shares end at 100 %. */
function rangeOf(unit: Unit): uPlot.Range.Function {
  const least = { count: 4, perSecond: 1, seconds: 0.01, ratio: 1, bytes: 1 }[unit];
  return (_, __, max) => (unit === 'ratio' ? [0, 1] : [0, Math.max((max ?? 0) * 1.1, least)]);
}

function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function colour(tone: Tone): string {
  return variable(`--${tone}`);
}

function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}
