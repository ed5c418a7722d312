import { CommandError } from './command-error.js';

/** As long as Prometheus waits by default. */
const TIMEOUT_MS = 10_000;

/** What the command line needs to know of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ADVICE: Readonly<Record<number, string>> = {
  401: 'set HYPER_METRICS_TOKEN to the token of endpoint.bearerToken, or HYPER_METRICS_BASIC_AUTH to user:password',
  403: 'the address of this machine is not in endpoint.allowIps, or a guard refuses',
  404: 'use the path of the option path, which is /metrics by default; a global prefix does not move it',
  503: 'too many scrapes at once, or the process that aggregates does not answer; try again',
};

/**
 * Reads the metrics at an address.
 *
 * @throws {@link CommandError} with exit code 1 if there is no answer, or not status 200
 */
export async function fetchExposition(url: URL, environment: Environment): Promise<string> {
  const response = await request(url, environment);
  if (!response.ok) {
    const advice = ADVICE[response.status];
    throw new CommandError(
      `${url.href} answered ${response.status}${advice === undefined ? '' : `: ${advice}`}.`,
      1,
    );
  }
  return response.text();
}

async function request(url: URL, environment: Environment): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: 'text/plain;version=0.0.4', ...authorization(environment) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new CommandError(
      `${url.href} does not answer (${reasonOf(error)}). Is the application running, and is this its address?`,
      1,
      { cause: error },
    );
  }
}

function authorization(environment: Environment): Record<string, string> {
  const token = environment['HYPER_METRICS_TOKEN'] ?? '';
  const user = environment['HYPER_METRICS_BASIC_AUTH'] ?? '';
  if (token !== '') return { authorization: `Bearer ${token}` };
  return user === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

/** The code of the system, which is in the cause of what `fetch()` throws. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as { readonly name: string; readonly cause?: { readonly code?: string } };
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  return cause?.code ?? (error as Error).message;
}
