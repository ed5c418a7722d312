import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { GrafanaDashboard, GrafanaPanel } from '../../src/monitoring.js';
import type { StoredSeries } from './prometheus-server.js';

const BROWSER = '/usr/bin/chromium';
/** Of Grafana's grid: 24 columns, and rows of 38 pixels. */
const WIDTH = 1600;
const ROW_HEIGHT = 38;
const COLORS = [
  '#73bf69',
  '#f2cc0c',
  '#5794f2',
  '#ff9830',
  '#f2495c',
  '#b877d9',
  '#8ab8ff',
  '#ffa6b0',
  '#37872d',
  '#e0b400',
];

export interface Picture {
  readonly png: Buffer;
  /** The first row alone. */
  readonly overview: Buffer;
  /** Of every panel that can be seen, from the top down and from left to right. */
  readonly titles: readonly string[];
  /** Pairs of panels of which one covers the other. */
  readonly overlaps: readonly string[];
  /** How many series are drawn. */
  readonly lines: number;
}

type Ask = (expr: string) => Promise<StoredSeries[]>;

/** Why there is no browser to draw with; undefined when there is one. */
export function findMissingBrowser(): string | undefined {
  return existsSync(BROWSER) ? undefined : 'Chromium cannot be run; Debian has it in the package "chromium"';
}

/** A picture of a dashboard as Grafana would arrange it. Closed rows are closed. */
export async function drawDashboard({ panels, title }: GrafanaDashboard, ask: Ask): Promise<Picture> {
  const drawn = await Promise.all(panels.map((panel) => drawPanel(panel, ask)));
  const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * ROW_HEIGHT;
  const html = `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>
    body { margin: 0; background: #111217; color: #ccccdc; font: 13px sans-serif; }
    main { position: relative; width: ${WIDTH}px; height: ${height}px; }
    section { position: absolute; box-sizing: border-box; padding: 6px 10px; background: #181b1f; border: 4px solid #111217; overflow: hidden; }
    section.row { background: none; font-size: 16px; padding: 4px; }
    h2 { margin: 0; font-size: 14px; font-weight: 500; white-space: nowrap; }
    .value { font-size: 44px; line-height: 80px; text-align: center; color: #73bf69; }
    .legend { position: absolute; bottom: 4px; font-size: 11px; white-space: nowrap; }
  </style><main>${drawn.join('')}</main>`;
  const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height } });
    await page.setContent(html);
    const found = await page.evaluate<Omit<Picture, 'png' | 'overview'>>(FIND_PANELS);
    const secondRow = panels.filter(({ type }) => type === 'row')[1]?.gridPos.y ?? 0;
    const clip = { x: 0, y: 0, width: WIDTH, height: secondRow * ROW_HEIGHT };
    return { ...found, png: await page.screenshot(), overview: await page.screenshot({ clip }) };
  } finally {
    await browser.close();
  }
}

async function drawPanel(
  { type, title, gridPos: { x, y, w, h }, targets = [], ...panel }: GrafanaPanel,
  ask: Ask,
): Promise<string> {
  const column = WIDTH / 24;
  const place = `left:${x * column}px;top:${y * ROW_HEIGHT}px;width:${w * column}px;height:${h * ROW_HEIGHT}px`;
  if (type === 'row') {
    return `<section class="row" style="${place}"><h2>${panel['collapsed'] === true ? '▸' : '▾'} ${escape(title)}</h2></section>`;
  }
  const { defaults } = panel['fieldConfig'] as { readonly defaults: Defaults };
  const { unit } = defaults;
  const answers = await Promise.all(
    targets.map(async ({ expr, legendFormat }) => ({ legendFormat, series: await ask(expr) })),
  );
  const lines = answers.flatMap(({ legendFormat, series }) =>
    series.map(({ metric, samples }) => ({
      legend: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
      samples: samples.filter(({ value }) => Number.isFinite(value)),
    })),
  );
  const content =
    type === 'stat'
      ? drawValue(lines, defaults)
      : drawGraph(lines, w * column - 28, h * ROW_HEIGHT - 70, unit);
  return `<section style="${place}"><h2>${escape(title)}</h2>${content}</section>`;
}

interface Line {
  readonly legend: string;
  readonly samples: StoredSeries['samples'];
}

/** Grafana's settings of a panel, as far as they are drawn. */
interface Defaults {
  readonly unit: string;
  readonly thresholds: {
    readonly steps: readonly { readonly color: string; readonly value: number | null }[];
  };
}

const STEP_COLORS: Readonly<Record<string, string>> = { green: '#73bf69', yellow: '#f2cc0c', red: '#f2495c' };

function drawValue(lines: readonly Line[], { unit, thresholds }: Defaults): string {
  const value = lines[0]?.samples.at(-1)?.value;
  const step = thresholds.steps.findLast((candidate) => (candidate.value ?? -Infinity) <= (value ?? 0));
  const color = STEP_COLORS[step?.color ?? 'green'];
  return `<div class="value" style="color:${color}">${value === undefined ? 'No data' : showValue(value, unit)}</div>`;
}

function drawGraph(lines: readonly Line[], width: number, height: number, unit: string): string {
  const samples = lines.flatMap(({ samples: ofLine }) => ofLine);
  if (samples.length === 0) return '<div class="value" style="color:#777">No data</div>';
  const times = samples.map(({ timeSeconds }) => timeSeconds);
  const [start, end] = [Math.min(...times), Math.max(...times)];
  const most = Math.max(...samples.map(({ value }) => value)) || 1;
  const paths = lines.map(({ samples: ofLine }, index) => {
    const points = ofLine.map(({ timeSeconds, value }) => {
      const left = ((timeSeconds - start) / (end - start || 1)) * width;
      return `${left.toFixed(1)},${(height - (value / most) * (height - 4)).toFixed(1)}`;
    });
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${COLORS[index % COLORS.length]}" stroke-width="1.5"/>`;
  });
  const legend = lines.map(
    ({ legend: text }, index) =>
      `<span style="color:${COLORS[index % COLORS.length]}">━ </span>${escape(text)} &nbsp;`,
  );
  return (
    `<div style="font-size:10px;color:#888">${showValue(most, unit)}</div>` +
    `<svg width="${width}" height="${height}">${paths.join('')}</svg><div class="legend">${legend.join('')}</div>`
  );
}

/** As Grafana writes values of a unit. */
function showValue(value: number, unit: string): string {
  const digits = (number: number): number => Number(number.toPrecision(3));
  switch (unit) {
    case 'percentunit':
      return `${digits(value * 100)} %`;
    case 's':
      return value < 1 ? `${digits(value * 1000)} ms` : `${digits(value)} s`;
    case 'decbytes':
      return `${digits(value / 1e6)} MB`;
    case 'Bps':
      return `${digits(value / 1e3)} kB/s`;
    case 'reqps':
      return `${digits(value)} req/s`;
    default:
      return String(digits(value));
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Runs in the page; as text, because these sources are compiled without the browser's types. */
const FIND_PANELS = `(() => {
  const sections = [...document.querySelectorAll('section')];
  const boxes = sections.map((section) => section.getBoundingClientRect());
  const titles = sections.map((section) => section.querySelector('h2').textContent.replace(/^[▸▾] /, ''));
  const covers = (box, other) =>
    box.left < other.right - 1 && other.left < box.right - 1 && box.top < other.bottom - 1 && other.top < box.bottom - 1;
  const overlaps = boxes.flatMap((box, first) =>
    boxes.flatMap((other, second) =>
      second > first && covers(box, other) ? [titles[first] + ' and ' + titles[second]] : [],
    ),
  );
  return { titles, overlaps, lines: document.querySelectorAll('polyline').length };
})()`;
