import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { register } from 'prom-client';
import { collectMetrics } from '../../src/index.js';
import { readExposition } from './exposition.js';
import { parseExposition } from './parse-exposition.js';

type Labels = Readonly<Record<string, string>>;

async function samplesOf(family: string): Promise<{ readonly labels: Labels; readonly value: number }[]> {
  return parseExposition(await collectMetrics()).samples.filter(({ name }) => name === family);
}

/** What `@Counted()` has recorded process-wide, such as `{ 'work success': 1 }`. */
export async function callsByOutcome(): Promise<Record<string, number>> {
  const samples = await samplesOf('hyperdjango_method_calls_total');
  return Object.fromEntries(
    samples
      .filter(({ value }) => value !== 0)
      .map(({ labels, value }) => [`${labels['method']} ${labels['outcome']}`, value]),
  );
}

/** What `@Counted()` has recorded process-wide by class, such as `{ 'Books.find success': 1 }`. */
export async function callsByClass(): Promise<Record<string, number>> {
  const samples = await samplesOf('hyperdjango_method_calls_total');
  return Object.fromEntries(
    samples
      .filter(({ value }) => value !== 0)
      .map(({ labels, value }) => [`${labels['class']}.${labels['method']} ${labels['outcome']}`, value]),
  );
}

/** What `@InFlight()` says process-wide, zeros included: `{ work: 0 }`. */
export async function callsInFlight(): Promise<Record<string, number>> {
  const samples = await samplesOf('hyperdjango_method_in_flight');
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['method'], value]));
}

/** The seconds that `@Timed()` has observed process-wide, summed up: `{ 'work success': 0.5 }`. */
export async function secondsByOutcome(): Promise<Record<string, number>> {
  const samples = await samplesOf('hyperdjango_method_duration_seconds_sum');
  return Object.fromEntries(
    samples.map(({ labels, value }) => [`${labels['method']} ${labels['outcome']}`, value]),
  );
}

/** The faults counted process-wide, by collector. */
export async function faultsByCollector(): Promise<Record<string, number>> {
  const samples = await samplesOf('hyperdjango_metrics_collector_errors_total');
  return Object.fromEntries(
    samples.filter(({ value }) => value !== 0).map(({ labels, value }) => [labels['collector'], value]),
  );
}

/** The samples of a family of one's own, by their labels' values: `{ 'success/gold': 1 }`. */
export async function samplesByLabels(name: string): Promise<Record<string, number>> {
  const samples = await samplesOf(name);
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join('/'), value]));
}

/** One sample of the process-wide metrics, by its line's text before the value. */
export async function sample(line: string): Promise<number | undefined> {
  return readExposition(await collectMetrics()).get(line);
}

/** Forgets what was recorded. Classes are made in the tests, so that they know nothing of earlier ones. */
export function forgetRecords(): void {
  register.resetMetrics();
}

/** What the process would have died of. */
export interface HostErrors {
  readonly unhandledRejections: readonly unknown[];
  readonly uncaughtExceptions: readonly unknown[];
}

/** Does something, and tells what nobody handled meanwhile; the test runner's own listeners are set aside. */
export async function hostErrorsDuring(work: () => unknown): Promise<HostErrors> {
  const errors = { unhandledRejections: [] as unknown[], uncaughtExceptions: [] as unknown[] };
  const restore = [
    listenInstead('unhandledRejection', (reason) => errors.unhandledRejections.push(reason)),
    listenInstead('uncaughtException', (error) => errors.uncaughtExceptions.push(error)),
  ];
  try {
    await work();
    // RxJS reports by a timer, Node after the microtasks of a turn.
    await delay(2);
    await turn();
    await turn();
  } finally {
    restore.forEach((undo) => undo());
  }
  return errors;
}

export const NO_HOST_ERRORS: HostErrors = { unhandledRejections: [], uncaughtExceptions: [] };

function listenInstead(event: string, listener: (error: unknown) => void): () => void {
  const others = process.rawListeners(event) as ((...args: unknown[]) => void)[];
  process.removeAllListeners(event);
  process.on(event, listener);
  return () => {
    process.removeListener(event, listener);
    others.forEach((other) => process.on(event, other));
  };
}

/** The warnings that the process emits while something is done. */
export async function warningsDuring(work: () => unknown): Promise<Error[]> {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listener);
  try {
    await work();
    await turn();
    await turn();
  } finally {
    process.removeListener('warning', listener);
  }
  return warnings;
}

/** Until a stream is closed and has told so, however it came to that. Listens to no errors. */
export async function closed(stream: NodeJS.EventEmitter & { readonly closed: boolean }): Promise<void> {
  if (!stream.closed) {
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
    });
  }
  await turn();
}
