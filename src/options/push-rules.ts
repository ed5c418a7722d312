import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isLabelName } from '../core/family-definition.js';
import {
  copyOptions,
  findProblems,
  groupRule,
  isPlainObject,
  type OptionRules,
  recordRule,
  rule,
  TIMEOUT_MS,
  wholeNumber,
} from './option-rule.js';
import type { PushTarget } from './push-options.interface.js';

const MOST_RETRIES = 100;

/** Headers that the client sets itself. */
const OWN_HEADERS = /^(content-length|transfer-encoding|trailer)$/i;

function doesNotThrow(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** Node decodes user and password when it sends the request, and throws on a "%" that encodes nothing. */
function isGatewayUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) {
    return false;
  }
  const { username, password } = new URL(value);
  return [username, password].every((text) => doesNotThrow(() => decodeURIComponent(text)));
}

/** Checked at the start: Node would refuse them when it sends the request, which may be at the shutdown. */
function headersProblem(headers: unknown): string | undefined {
  if (!isPlainObject(headers) || !Object.values(headers).every((header) => typeof header === 'string')) {
    return 'an object of strings';
  }
  for (const [name, header] of Object.entries(headers as Record<string, string>)) {
    if (!doesNotThrow(() => validateHeaderName(name))) {
      return 'an object of strings by header name; one of the names has characters that HTTP does not allow';
    }
    if (OWN_HEADERS.test(name)) {
      return `an object of strings without "${name}", which the client sets`;
    }
    if (!doesNotThrow(() => validateHeaderValue(name, header))) {
      return (
        `an object of strings; the value of "${name}" has characters that HTTP does not allow, such as the line break that a ` +
        'file ends with'
      );
    }
  }
  return undefined;
}

const PUSH_RULES: OptionRules<PushTarget> = {
  url: {
    ...rule(
      'the URL of a Pushgateway, such as "http://pushgateway:9091"; a "%" in its user or password is written "%25"',
      isGatewayUrl,
    ),
    required: true,
  },
  jobName: {
    ...rule(
      'a non-empty string without "/", not of dots alone',
      (value) => typeof value === 'string' && value !== '' && !value.includes('/') && !/^\.+$/.test(value),
    ),
    required: true,
  },
  groupings: recordRule(
    'an object of strings by label name, without "job"',
    (name, label) => isLabelName(name) && name !== 'job' && typeof label === 'string',
  ),
  mode: rule('"replace" or "add"', (value) => value === 'replace' || value === 'add'),
  headers: { problem: headersProblem },
  timeoutMs: TIMEOUT_MS,
  retries: wholeNumber(0, MOST_RETRIES, `a whole number from 0 to ${MOST_RETRIES}`),
};

export const PUSH_RULE = groupRule(PUSH_RULES);

/** Returns what is wrong with a target, without its values: they may be credentials. */
export function pushTargetProblems(target: unknown): string[] {
  const allowed = PUSH_RULE.problem(target);
  if (allowed !== undefined) {
    return [`the target must be ${allowed}`];
  }
  const group = { rules: PUSH_RULES, defaults: {} };
  return findProblems(group, copyOptions(group, target as object)).map((problem) =>
    problem.allowed === undefined
      ? `${problem.path} is unknown; allowed: ${problem.known.join(', ')}`
      : `${problem.path} must be ${problem.allowed}`,
  );
}
