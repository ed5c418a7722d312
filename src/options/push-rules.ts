import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isLabelName } from '../core/family-definition.js';
import { MAX_TIMER_MS } from '../core/tool/deadline.js';
import { isPlainObject, type OptionRule } from './option-rule.js';

const MOST_RETRIES = 100;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isObjectOf = (value: unknown, fits: (name: string, item: unknown) => boolean): boolean =>
  isPlainObject(value) && Object.entries(value).every(([name, item]) => fits(name, item));

/** Node decodes user and password, at the request: there a "%" that encodes nothing throws. */
function hasReadableCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  try {
    return [username, password].every((text) => decodeURIComponent(text) !== undefined);
  } catch {
    return false;
  }
}

/** What the client sets by itself. */
const OWN_HEADERS = /^(content-length|transfer-encoding|trailer)$/i;

/** Node refuses what HTTP cannot carry at the request, which may be the last thing that an application does. */
function headersProblem(headers: unknown): string | undefined {
  if (!isObjectOf(headers, (_, header) => typeof header === 'string')) {
    return 'an object of strings';
  }
  for (const [name, header] of Object.entries(headers as Record<string, string>)) {
    if (!isSendable(() => validateHeaderName(name))) {
      return 'an object of strings by header name; one of the names has characters that HTTP does not allow';
    }
    if (OWN_HEADERS.test(name)) {
      return `an object of strings without "${name}", which the client sets`;
    }
    if (!isSendable(() => validateHeaderValue(name, header))) {
      return (
        `an object of strings; the value of "${name}" has characters that HTTP does not allow, such as the line break that a ` +
        'file ends with'
      );
    }
  }
  return undefined;
}

function isSendable(validate: () => void): boolean {
  try {
    validate();
    return true;
  } catch {
    return false;
  }
}

/** What is allowed within a `PushTarget`. */
export const PUSH_RULES: Readonly<Record<string, OptionRule>> = {
  url: (value) =>
    isText(value) && /^https?:\/\//i.test(value) && URL.canParse(value) && hasReadableCredentials(value)
      ? undefined
      : 'the URL of a Pushgateway, such as "http://pushgateway:9091"; a "%" in its user or password is written "%25"',
  jobName: (value) =>
    isText(value) && !value.includes('/') && !/^\.+$/.test(value)
      ? undefined
      : 'a non-empty string without "/", not of dots alone',
  groupings: (value) =>
    isObjectOf(value, (name, label) => isLabelName(name) && name !== 'job' && typeof label === 'string')
      ? undefined
      : 'an object of strings by label name, "job" left out',
  mode: (value) => (value === 'replace' || value === 'add' ? undefined : '"replace" or "add"'),
  headers: headersProblem,
  timeoutMs: (value) =>
    typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS
      ? undefined
      : `a number of milliseconds above 0, up to ${MAX_TIMER_MS}`,
  retries: (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_RETRIES
      ? undefined
      : `a whole number from 0 to ${MOST_RETRIES}`,
};

export const PUSH_TARGET_ALLOWED =
  'an object of url and jobName, with groupings, mode, headers, timeoutMs and retries';

/** Whether there is at least what no push can do without; {@link PUSH_RULES} say what each may be. */
export function isPushTarget(value: unknown): value is Record<string, unknown> {
  return isPlainObject(value) && 'url' in value && 'jobName' in value;
}

/** What is wrong with a target, without its values: there may be credentials among them. */
export function pushTargetProblems(target: unknown): string[] {
  if (!isPushTarget(target)) {
    return [`it is not ${PUSH_TARGET_ALLOWED}`];
  }
  return Object.entries(target).flatMap(([name, value]) => {
    const rule = Object.hasOwn(PUSH_RULES, name) ? PUSH_RULES[name] : undefined;
    if (rule === undefined) {
      return [`${name} is unknown; allowed: ${Object.keys(PUSH_RULES).join(', ')}`];
    }
    const isRequired = name === 'url' || name === 'jobName';
    const allowed = value === undefined && !isRequired ? undefined : rule(value);
    return allowed === undefined ? [] : [`${name} must be ${allowed}`];
  });
}
