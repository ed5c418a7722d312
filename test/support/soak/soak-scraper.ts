import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { bucketsOfSpans, type DecodedHistogram, decodeProtobuf } from '../decode-protobuf.js';
import { ask } from '../http-client.js';
import { parseExposition, type ParsedExposition } from '../parse-exposition.js';
import { parseOpenMetrics } from '../parse-open-metrics.js';

const INTERVAL_MS = 1_000;
const COUNTS = /_(total|count|bucket|sum)\[/;
const ACCESS = { authorization: 'Bearer soak' };
const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';

/** Scrapes every second in every form, and leaves in the middle of one. Holds each answer to what every answer must be. */
export class SoakScraper {
  scrapes = 0;
  /** From question to the answer's last byte. */
  readonly tookMs: number[] = [];
  largestBytes = 0;
  /** Of the last scrape that had them. */
  exemplars = 0;
  nativeHistograms = 0;
  readonly failures: string[] = [];
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();
  private before: Readonly<Record<string, number>> = {};

  constructor(private readonly url: string) {
    this.ended = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  async read(): Promise<ParsedExposition> {
    return parseExposition((await ask(this.url, ACCESS)).body);
  }

  private async run(): Promise<void> {
    const forms = [
      () => this.plain(),
      () => this.compressed(),
      () => this.openMetrics(),
      () => this.protobuf(),
      () => this.leave(),
    ];
    for (let turn = 0; !this.stopping.signal.aborted; turn += 1) {
      const startedMs = performance.now();
      try {
        await forms[turn % forms.length]?.();
        this.scrapes += 1;
      } catch (error) {
        this.failures.push(String(error));
      }
      const leftMs = INTERVAL_MS - (performance.now() - startedMs);
      await delay(Math.max(0, leftMs), undefined, { signal: this.stopping.signal }).catch(() => {});
    }
  }

  private async plain(): Promise<void> {
    this.checkNothingFell((await this.body({})).toString());
  }

  private async compressed(): Promise<void> {
    this.checkNothingFell(gunzipSync(await this.body({ 'accept-encoding': 'gzip' })).toString());
  }

  private async openMetrics(): Promise<void> {
    const { samples } = parseOpenMetrics(await this.body({ accept: OPEN_METRICS }));
    this.exemplars = samples.filter(({ exemplar }) => exemplar !== undefined).length;
  }

  /** Each native histogram has as many observations in its buckets as it says, and as the classic one has. */
  private async protobuf(): Promise<void> {
    this.nativeHistograms = 0;
    for (const { name, metric = [] } of decodeProtobuf(await this.body({ accept: PROTOBUF }))) {
      for (const { histogram } of metric) {
        if (histogram?.schema === undefined) continue;
        this.nativeHistograms += 1;
        const counts = [nativeCount(histogram), histogram.bucket?.at(-1)?.cumulativeCount];
        if (counts.some((count) => count !== histogram.sampleCount)) {
          this.failures.push(
            `${name} has ${histogram.sampleCount} observations, and in its buckets ${counts.join(' and ')}.`,
          );
        }
      }
    }
  }

  private leave(): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get(this.url, { agent: false, headers: ACCESS }, (response) => {
        response.on('error', () => {});
        response.once('data', () => {
          request.destroy();
          resolve();
        });
      });
      request.on('error', reject);
    });
  }

  private async body(headers: Record<string, string>): Promise<Buffer> {
    const startedMs = performance.now();
    const { status, body } = await ask(this.url, { ...ACCESS, ...headers });
    this.tookMs.push(performance.now() - startedMs);
    if (status !== 200) {
      throw new Error(`A scrape was answered with ${status}.`);
    }
    this.largestBytes = Math.max(this.largestBytes, body.length);
    return body;
  }

  private checkNothingFell(text: string): void {
    const { series } = parseExposition(text);
    for (const [key, value] of Object.entries(this.before)) {
      const now = series[key];
      // Ours only: the runtime's are not ours to hold.
      if (key.startsWith('hyperdjango_') && COUNTS.test(key) && (now === undefined || now < value)) {
        this.failures.push(`${key} fell from ${value} to ${now}.`);
      }
    }
    this.before = series;
  }
}

function nativeCount(histogram: DecodedHistogram): number {
  const buckets = [
    bucketsOfSpans(histogram.positiveSpan, histogram.positiveDelta),
    bucketsOfSpans(histogram.negativeSpan, histogram.negativeDelta),
  ].flatMap((one) => Object.values(one));
  return buckets.reduce((sum, count) => sum + count, histogram.zeroCount ?? 0);
}
