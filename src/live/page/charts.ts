import uPlot from 'uplot';
import type { LiveChart, Value } from '../live-messages.js';
import { chartHeight, chartOptions } from './chart-options.js';
import { element, setAttribute, setText } from './dom.js';
import { format, formatTime } from './format.js';
import type { Series } from './series.js';

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
    this.charts = charts.map((chart) => new Chart(chart, (seconds) => this.showTime(seconds)));
    this.target.replaceChildren(...this.charts.map(({ root }) => root));
    this.charts.forEach((chart) => chart.resize());
  }

  draw(series: Series): void {
    this.charts.forEach((chart) => chart.draw(series));
  }

  private showTime(seconds: number | undefined): void {
    this.charts.forEach((chart) => chart.showTime(seconds));
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

  /** @param onTime - called with the time that was chosen by keys; with `undefined` for the present */
  constructor(
    private readonly chart: LiveChart,
    private readonly onTime: (seconds: number | undefined) => void,
  ) {
    this.values = chart.lines.map((line) =>
      element('span', { class: 'value', 'data-unit': line.unit ?? chart.unit }),
    );
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
    this.uplot = new uPlot(
      chartOptions(
        chart,
        () => this.period,
        (uplot) => this.showValues(uplot),
      ),
      [[], ...chart.lines.map(() => [])],
      this.plot,
    );
    this.plot.append(this.empty);
    this.plot.addEventListener('keydown', (event) => this.move(event));
    this.plot.addEventListener('blur', () => this.onTime(undefined));
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
      this.uplot.setSize({ width, height: chartHeight() });
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
      format(data[index + 1]?.[at] ?? null, line.unit ?? this.chart.unit),
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
      this.onTime(undefined);
    } else if (target !== undefined && last >= 0) {
      event.preventDefault();
      this.onTime(times[Math.min(Math.max(target, 0), last)]);
    }
  }

  /** Puts the cursor at a time, or takes it away. */
  showTime(seconds: number | undefined): void {
    this.uplot.setCursor(
      seconds === undefined ? { left: -1, top: -1 } : { left: this.uplot.valToPos(seconds, 'x'), top: 0 },
    );
  }
}
