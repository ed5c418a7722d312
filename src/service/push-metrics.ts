import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Pushgateway } from 'prom-client';
import { PushError } from '../core/errors.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import { Deadline } from '../core/tool/deadline.js';
import { keepProcess } from '../core/tool/keep-process.js';
import { createOwnAgent } from '../http-client/own-requests.js';
import { DEFAULT_PUSH_OPTIONS } from '../options/default-options.js';
import type { PushTarget } from '../options/push-options.interface.js';
import { exposeAsText } from './expose-as-text.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** Characters of the gateway's answer in an error. */
const SHOWN_REASON = 300;

/**
 * Sends all exported metrics to a Pushgateway, with prom-client's own client.
 *
 * @throws {@link PushError} if no attempt succeeded.
 */
export function pushMetrics(gatherer: Gatherer, target: PushTarget): Promise<void> {
  return keepProcess(pushWithRetries(gatherer, target));
}

async function pushWithRetries(gatherer: Gatherer, target: PushTarget): Promise<void> {
  const { retries = DEFAULT_PUSH_OPTIONS.retries, groupings = DEFAULT_PUSH_OPTIONS.groupings } = target;
  const ofGroup = new Set(['job', ...Object.keys(groupings)]);
  // Unreadable metrics are left out here; prom-client's registry would fail as a whole.
  const text = await exposeAsText({
    gather: async () => (await gatherer.gather()).map((family) => besideGroup(family, ofGroup)),
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await pushOnce(text, target);
      return;
    } catch (error) {
      if (attempt > retries || isFinal(error)) {
        throw failure(target, attempt, error);
      }
    }
    await delay(Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS));
  }
}

/**
 * Renames labels that the group has too, such as `job` to `exported_job`, as Prometheus does in a scrape. The gateway would overwrite
 * them, and refuse a push in which two series become equal by that.
 */
function besideGroup(family: FamilySnapshot, ofGroup: ReadonlySet<string>): FamilySnapshot {
  const { labelNames } = family.descriptor;
  if (!labelNames.some((name) => ofGroup.has(name))) {
    return family;
  }
  const taken = new Set([...ofGroup, ...labelNames]);
  const names = labelNames.map((name) => {
    let free = name;
    while (ofGroup.has(name) && taken.has(free)) {
      free = `exported_${free}`;
    }
    return free;
  });
  return { ...family, descriptor: { ...family.descriptor, labelNames: names } };
}

async function pushOnce(text: string, target: PushTarget): Promise<void> {
  const {
    groupings = DEFAULT_PUSH_OPTIONS.groupings,
    mode = DEFAULT_PUSH_OPTIONS.mode,
    headers = DEFAULT_PUSH_OPTIONS.headers,
    timeoutMs = DEFAULT_PUSH_OPTIONS.timeoutMs,
    url,
    jobName,
  } = target;
  const abort = new AbortController();
  const registry = { metrics: () => Promise.resolve(text) };
  const gateway = new Pushgateway(
    gatewayUrl(url),
    // A separate connection, so that none stays open.
    { headers: sentHeaders(headers), agent: createOwnAgent(new URL(url)), signal: abort.signal },
    registry as never,
  );
  const parameters = { jobName, groupings: encoded(groupings) };
  const pushing = mode === 'add' ? gateway.pushAdd(parameters) : gateway.push(parameters);
  try {
    // The client's own timeout limits silence only, and never settles if the answer breaks off.
    const { resp } = (await new Deadline(timeoutMs).within(pushing)) as {
      readonly resp: IncomingMessage;
    };
    const { statusCode = 0 } = resp;
    if (statusCode >= 300) {
      // The client treats redirects as success. Their URL may contain credentials.
      throw new Error(`push failed with status ${statusCode}: the gateway redirects to another URL`);
    }
  } finally {
    abort.abort();
  }
}

/** Removes empty path segments: prom-client resolves paths, and would read `//name` as another host. */
function gatewayUrl(url: string): string {
  const gateway = new URL(url);
  gateway.pathname = gateway.pathname.replaceAll(/\/{2,}/g, '/');
  return gateway.href.replace(/\/+$/, '');
}

/** prom-client compresses only with this spelling. */
function sentHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      /^content-encoding$/i.test(name) ? 'Content-Encoding' : name,
      value,
    ]),
  );
}

/**
 * Encodes values with slashes, of dots only, or empty, as the path of a push needs it; prom-client leaves this to its caller.
 *
 * @see https://github.com/prometheus/pushgateway#url
 */
function encoded(groupings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groupings).map(([name, value]) =>
      /^\.*$|\//.test(value)
        ? [`${name}@base64`, value === '' ? '=' : Buffer.from(value).toString('base64url')]
        : [name, value],
    ),
  );
}

/** Returns whether a retry is useless: the gateway understood the push and refused it. */
function isFinal(error: unknown): boolean {
  const [, text] = /^push failed with status (\d+)/.exec(messageOf(error)) ?? [];
  const status = Number(text);
  return status >= 300 && status < 500 && status !== 408 && status !== 429;
}

function failure(target: PushTarget, attempts: number, error: unknown): PushError {
  const { origin, pathname } = new URL(target.url);
  const original = messageOf(error);
  const message = withoutSecrets(original, target);
  return new PushError(
    `The metrics of job "${target.jobName}" could not be pushed to ${origin}${pathname} ` +
      `(${attempts === 1 ? 'one attempt' : `${attempts} attempts`}): ${message.trim().slice(0, SHOWN_REASON)}`,
    // Loggers print the cause too.
    { cause: message === original ? error : new Error(message) },
  );
}

const HIDDEN = '[hidden]';
/** Shorter strings occur in any message. */
const SHORTEST_SECRET = 4;

/** The gateway, or a proxy, may echo the request in its answer. */
function withoutSecrets(text: string, { url, headers = {} }: PushTarget): string {
  const { username, password } = new URL(url);
  const user = decodeURIComponent(username);
  const secret = decodeURIComponent(password);
  const secrets = [
    secret,
    password,
    Buffer.from(`${user}:${secret}`).toString('base64'),
    ...Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]),
  ].filter(({ length }) => length >= SHORTEST_SECRET);
  return secrets
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, one) => shown.replaceAll(one, HIDDEN), text);
}

function messageOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  // Node's message is empty if each address of a host has failed.
  return message === '' ? (code ?? 'unknown') : message;
}
