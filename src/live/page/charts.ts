import uPlot from 'uplot';
import type { LiveChart, LiveLine, Tone, Unit, Value } from '../live-messages.js';
import { element, setAttribute, setText } from './dom.js';
import { format, formatMinute, formatTime } from './format.js';
import type { Series } from './series.js';

/** Charts whose cursors move together. */
const SYNC_KEY = 'live';
/** Space for the labels of the axes, in `rem`: equal for all charts, so that their times lie below each other. */
const Y_AXIS_REM = 3.9;
const X_AXIS_REM = 1.6;
const HEIGHT_REM = 11;
/** Distance of times and values, in `rem`. */
const X_SPACE_REM = 5.5;
const Y_SPACE_REM = 2;
const STEPS_PER_PAGE = 10;

/** All charts, with one time axis and one cursor. */
export class Charts {
  private charts: Chart[] = [];

  constructor(private readonly target: HTMLElement) {
    const resize = new ResizeObserver(() => this.charts.forEach((chart) => chart.resize()));
    resize.observe(target);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.charts.forEach((chart) => chart.recolour());
    });
  }

  layout(charts: readonly LiveChart[]): void {
    this.charts.forEach((chart) => chart.destroy());
    this.charts = charts.map((chart) => new Chart(chart));
    this.target.replaceChildren(...this.charts.map(({ root }) => root));
    this.charts.forEach((chart) => chart.resize());
  }

  draw(series: Series): void {
    this.charts.forEach((chart) => chart.draw(series));
  }
}

class Chart {
  readonly root: HTMLElement;
  private readonly plot: HTMLElement;
  private readonly empty = element('p', { class: 'empty' }, 'Nothing to show yet');
  private readonly time = element('span', { class: 'time' });
  private readonly values: readonly HTMLElement[];
  private readonly uplot: uPlot;
  private period: readonly [number, number] = [0, 1];

  constructor(private readonly chart: LiveChart) {
    this.values = chart.lines.map(() => element('span', { class: 'value' }));
    const legend = element(
      'ul',
      { class: 'legend' },
      ...chart.lines.map(({ label, tone }, index) =>
        element(
          'li',
          {},
          element('span', { class: 'swatch', 'data-tone': tone }),
          `${label} `,
          this.values[index] as HTMLElement,
        ),
      ),
    );
    this.plot = element('div', {
      class: 'plot',
      role: 'slider',
      tabindex: '0',
      'aria-label': `${chart.title}: time`,
      'aria-valuemin': '0',
      'aria-valuemax': '0',
      'aria-valuenow': '0',
    });
    this.root = element(
      'figure',
      {},
      element('figcaption', {}, element('h2', { title: chart.help }, chart.title), this.time, legend),
      this.plot,
    );
    this.uplot = new uPlot(this.options(), [[], ...chart.lines.map(() => [])], this.plot);
    this.plot.append(this.empty);
    this.plot.addEventListener('keydown', (event) => this.move(event));
    this.plot.addEventListener('blur', () => this.leave());
  }

  draw(series: Series): void {
    this.period = series.period;
    const columns = this.chart.lines.map(({ column }) => series.column(column) as Value[]);
    this.empty.hidden = columns.some((column) => column.some((value) => value !== null));
    this.uplot.setData([series.seconds, ...columns] as uPlot.AlignedData);
    this.showValues(this.uplot);
  }

  resize(): void {
    const width = this.plot.clientWidth;
    if (width > 0) {
      this.uplot.setSize({ width, height: HEIGHT_REM * rem() });
    }
  }

  recolour(): void {
    this.uplot.redraw(false, true);
  }

  destroy(): void {
    this.uplot.destroy();
  }

  /** Shows the values at the cursor, or the latest ones. */
  private showValues({ data, cursor }: uPlot): void {
    const times = data[0];
    const { idx } = cursor;
    const at = idx ?? times.length - 1;
    const time = times[at];
    setText(
      this.time,
      idx === null || idx === undefined || time === undefined ? '' : formatTime(time * 1000),
    );
    const texts = this.chart.lines.map((line, index) =>
      format(data[index + 1]?.[at] ?? null, unitOf(line, this.chart)),
    );
    texts.forEach((text, index) => setText(this.values[index] as HTMLElement, text));
    setAttribute(this.plot, 'aria-valuemax', String(Math.max(0, times.length - 1)));
    setAttribute(this.plot, 'aria-valuenow', String(Math.max(0, at)));
    const shown = this.chart.lines.map(({ label }, index) => `${label} ${texts[index]}`).join(', ');
    setAttribute(
      this.plot,
      'aria-valuetext',
      time === undefined ? 'no values' : `${formatTime(time * 1000)}: ${shown}`,
    );
  }

  /** Moves the cursor by keys. */
  private move(event: KeyboardEvent): void {
    const times = this.uplot.data[0];
    const last = times.length - 1;
    const at = this.uplot.cursor.idx ?? last;
    const target = (
      {
        ArrowLeft: at - 1,
        ArrowDown: at - 1,
        ArrowRight: at + 1,
        ArrowUp: at + 1,
        PageDown: at - STEPS_PER_PAGE,
        PageUp: at + STEPS_PER_PAGE,
        Home: 0,
        End: last,
      } as Record<string, number>
    )[event.key];
    if (event.key === 'Escape') {
      this.leave();
    } else if (target !== undefined && last >= 0) {
      event.preventDefault();
      const index = Math.min(Math.max(target, 0), last);
      this.uplot.setCursor({ left: this.uplot.valToPos(times[index] as number, 'x'), top: 0 });
    }
  }

  private leave(): void {
    this.uplot.setCursor({ left: -1, top: -1 });
  }

  private options(): uPlot.Options {
    const { lines, unit } = this.chart;
    const other = lines.find((line) => line.unit !== undefined);
    return {
      width: 300,
      height: HEIGHT_REM * rem(),
      padding: [0.5 * rem(), other === undefined ? 0.75 * rem() : 0, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: SYNC_KEY, scales: ['x', null] },
        drag: { x: false, y: false },
        points: { size: 6, fill: (_, index) => colour(lines[index - 1]?.tone ?? 'first') },
        y: false,
      },
      scales: {
        x: { time: true, range: () => [...this.period] },
        y: { range: rangeOf(unit) },
        ...(other !== undefined && { other: { range: rangeOf(other.unit as Unit) } }),
      },
      axes: [
        {
          ...axis(),
          size: X_AXIS_REM * rem(),
          space: X_SPACE_REM * rem(),
          values: (_, splits, __, ___, step) =>
            splits.map((second) => (step < 60 ? formatTime : formatMinute)(second * 1000)),
        },
        valueAxis('y', unit),
        ...(other === undefined
          ? []
          : [{ ...valueAxis('other', other.unit as Unit), side: 1, grid: { show: false } }]),
      ],
      series: [{}, ...lines.map((line) => lineSeries(line))],
      hooks: { setCursor: [(uplot) => this.showValues(uplot)] },
    };
  }
}

function unitOf(line: LiveLine, chart: LiveChart): Unit {
  return line.unit ?? chart.unit;
}

function lineSeries({ tone, unit }: LiveLine): uPlot.Series {
  return {
    scale: unit === undefined ? 'y' : 'other',
    stroke: () => colour(tone),
    width: 1.5,
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
