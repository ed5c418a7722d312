import type { ParsedExposition } from '../parse-exposition.js';
import { median } from './slope.js';
import { sumOf, sumsBy } from './soak-sums.js';
import type { SoakResult } from './soak.js';

export function describeSoaks(
  results: readonly SoakResult[],
  seconds: number,
  faults: Readonly<Record<string, number>>,
): string {
  const rows: [string, ...string[]][] = [
    [`soak of ${seconds} s`, ...results.map(({ platform }) => platform)],
    ['requests', ...results.map(({ requests }) => count(requests.reduce((sum, one) => sum + one.count, 0)))],
    ...statusRows(results),
    ['queries', ...results.map(({ tally }) => count(tally.queries))],
    ['queries that failed', ...results.map(({ tally }) => count(tally.queryErrors))],
    ['connections not had', ...results.map(({ tally }) => count(tally.notAcquired))],
    ['statements found prepared', ...results.map(({ metrics }) => count(ofCache(metrics, 'hits')))],
    ['names closed to make room', ...results.map(({ metrics }) => count(ofCache(metrics, 'evictions')))],
    ['scrapes', ...results.map(({ scraper }) => count(scraper.scrapes))],
    ['exemplars of a scrape', ...results.map(({ scraper }) => count(scraper.exemplars))],
    ['native histograms', ...results.map(({ scraper }) => count(scraper.nativeHistograms))],
    ['states of the live page', ...results.map(({ viewer }) => count(viewer.states))],
    [
      'outgoing requests',
      ...results.map(({ tally }) => count(Object.values(tally.outgoing).reduce((a, b) => a + b, 0))),
    ],
    [
      'leaks suspected',
      ...results.map(({ metrics }) => count(sumOf(metrics, 'hyperdjango_db_pool_leaks_suspected_total'))),
    ],
    ['median scrape', ...results.map(({ scraper }) => `${median(scraper.tookMs).toFixed(0)} ms`)],
    ['slowest scrape', ...results.map(({ scraper }) => `${Math.max(...scraper.tookMs).toFixed(0)} ms`)],
    ['largest scrape', ...results.map(({ scraper }) => kibibytes(scraper.largestBytes))],
    ['heap after GC, median', ...results.map(({ heap }) => kibibytes(heap.medianBytes))],
    ['heap slope', ...results.map(({ heap }) => `${kibibytes(heap.bytesPerSecond * 60)}/min`)],
    ['heap growth after warm-up', ...results.map(({ heap }) => kibibytes(heap.grownBytes))],
    ['heap growth, quiet to quiet', ...results.map(({ quietGrowthBytes }) => kibibytes(quietGrowthBytes))],
    ['growth of buffers', ...results.map(({ external }) => kibibytes(external.grownBytes))],
    ['readings of the heap', ...results.map(({ heap }) => count(heap.readings))],
    ['processor time', ...results.map(({ tally }) => `${(tally.cpuMs / 1000).toFixed(1)} s`)],
    ['rejections and warnings', ...results.map(({ tally }) => count(tally.fatal.length))],
    ['left after close', ...results.map(({ remains }) => count(remains.kept.length + remains.timers.length))],
    ...Object.entries(faults).map(([what, times]): [string, string] => [what, count(times)]),
  ];
  return rows
    .map(([name, ...cells]) => name.padEnd(28) + cells.map((cell) => cell.padStart(18)).join(''))
    .join('\n');
}

function statusRows(results: readonly SoakResult[]): [string, ...string[]][] {
  const byStatus = results.map(({ metrics }) => sumsBy(metrics, 'hyperdjango_http_requests_total', 'status'));
  const statuses = [...new Set(byStatus.flatMap((sums) => Object.keys(sums)))].toSorted();
  return statuses.map((status) => [
    `  status ${status}`,
    ...byStatus.map((sums) => count(sums[status] ?? 0)),
  ]);
}

const ofCache = (metrics: ParsedExposition, what: string): number =>
  sumOf(metrics, `hyperdjango_stmt_cache_${what}_total`);
const count = (value: number): string => value.toLocaleString('en');
const kibibytes = (bytes: number): string => `${count(Math.round(bytes / 1024))} KiB`;
