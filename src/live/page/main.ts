import 'uplot/dist/uPlot.min.css';
import './page.css';
import type { LiveLayout, LiveState, LiveWaiting } from '../live-messages.js';
import { Charts } from './charts.js';
import { byId, element, setText } from './dom.js';
import { Feed } from './feed.js';
import { formatDuration, formatTime, formatWhole, NONE } from './format.js';
import { Series } from './series.js';
import { Status } from './status.js';
import { Tables } from './tables.js';
import { Tiles } from './tiles.js';

/** A hidden page is disconnected after this time: nobody looks. */
const HIDDEN_MS = 60_000;

const { host, origin, pathname } = location;
const series = new Series();
const status = new Status(byId('status'), byId('latest'));
const charts = new Charts(byId('charts'));
const tiles = new Tiles(byId('tiles'));
const tables = new Tables(byId('tables'));
const facts = byId('facts');
const pause = byId('pause');
let state: LiveState | undefined;
/** Not drawn yet. */
let newLayout: LiveLayout | undefined;
let isPaused = false;

document.title = `${host}: live metrics`;
setText(byId('host'), host);
byId('scrape').setAttribute('href', origin + pathname.replace(/\/live$/, ''));

// With the origin: `fetch()` refuses a relative address when the page's own has a password.
const feed = new Feed(`${origin}${pathname}/feed`, {
  layout: (layout) => {
    series.historySeconds = layout.historySeconds;
    newLayout = layout;
  },
  points: (points) => series.addPoints(points),
  state: (next) => {
    state = next;
    series.addState(next);
    status.connected(next);
    draw();
  },
  waiting: ({ sinceMs, clockOffsetMs }: LiveWaiting) => status.waiting(sinceMs + clockOffsetMs),
  broken: (reason) => status.broken(reason),
  silent: () => status.silent(),
});

/** Nothing is drawn that nobody sees. The values are kept. */
function draw(): void {
  if (state === undefined || isPaused || document.hidden) {
    return;
  }
  if (newLayout !== undefined) {
    tiles.layout(newLayout.tiles);
    charts.layout(newLayout.charts);
    newLayout = undefined;
  }
  drawFacts(state);
  tiles.draw(state, series);
  charts.draw(series);
  tables.draw(state);
}

function drawFacts({ service, tables: { health }, totals }: LiveState): void {
  const { version, node, uptimeSeconds, processes, processId } = service;
  const shown: readonly (readonly [string, string])[] = [
    ['Version', version ?? NONE],
    ['Node.js', node ?? NONE],
    ['Up for', formatDuration(uptimeSeconds)],
    [processes === 1 ? 'Process' : 'Processes', processes === 1 ? String(processId) : formatWhole(processes)],
    ...(totals.queries === null ? [] : [['Queries', formatWhole(totals.queries)] as const]),
    ...(health === undefined
      ? []
      : [
          [
            'Database',
            `${healthText(health.healthy)}, ${formatWhole(health.failures)} of ${formatWhole(health.checks)} checks failed`,
          ] as const,
        ]),
    ...(processes === 1 ? [] : [['Details of', `process ${processId}`] as const]),
  ];
  while (facts.children.length > shown.length) {
    facts.lastElementChild?.remove();
  }
  while (facts.children.length < shown.length) {
    facts.append(element('div', {}, element('dt'), element('dd')));
  }
  shown.forEach(([name, value], index) => {
    const [title, text] = facts.children[index]?.children ?? [];
    setText(title as Element, name);
    setText(text as Element, value);
  });
}

function healthText(healthy: boolean | null): string {
  return healthy === null ? 'not checked yet' : healthy ? 'healthy' : 'unhealthy';
}

pause.addEventListener('click', () => {
  isPaused = !isPaused;
  pause.setAttribute('aria-pressed', String(isPaused));
  setText(pause, isPaused ? 'Resume' : 'Pause');
  status.paused(isPaused && state !== undefined ? formatTime(series.unixMs(state.atMs)) : undefined);
  draw();
});

let hidden: number | undefined;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.hidden) {
    hidden = setTimeout(() => feed.close(), HIDDEN_MS);
  } else {
    draw();
    if (!feed.isOpen) {
      feed.open();
    }
  }
});

feed.open();
