import { DEFAULT_ENDPOINT_OPTIONS, DEFAULT_LIVE_PAGE_OPTIONS } from './default-options.js';
import type { EndpointBasicAuth, EndpointOptions, LivePageOptions } from './endpoint-options.interface.js';
import { isIpRange } from './ip-list.js';
import {
  FLAG,
  groupRule,
  isListOf,
  listRule,
  type OptionGroup,
  type OptionRule,
  type OptionRules,
  rule,
  switchRule,
  TEXT,
  TIMEOUT_MS,
  wholeNumber,
} from './option-rule.js';

const LARGEST_PORT = 65_535;

/** Returns whether HTTP can carry `value` as a bearer token: it would lose spaces and cannot carry line breaks. */
export function isBearerToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\u0021-\u007e]+$/.test(value);
}

/** @see https://www.rfc-editor.org/rfc/rfc7617#section-2 */
export function isPassword(value: unknown): value is string {
  return typeof value === 'string' && /^\P{Cc}+$/u.test(value);
}

function secretRule(allowed: string, isUsable: (value: unknown) => boolean): OptionRule {
  return rule(
    allowed,
    (value) => typeof value === 'function' || isUsable(value) || isListOf(isUsable, value, 1),
  );
}

function isGuard(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    typeof (value as { canActivate?: unknown } | null)?.canActivate === 'function'
  );
}

const BASIC_AUTH_RULES: OptionRules<EndpointBasicAuth> = {
  username: {
    ...rule(
      'a non-empty string without colon and control characters',
      (value) => isPassword(value) && !value.includes(':'),
    ),
    required: true,
  },
  password: {
    ...secretRule(
      'a non-empty string without control characters, a non-empty array of such strings, or a function that returns them',
      isPassword,
    ),
    required: true,
  },
};

/** Four hours: a bound for what each viewer is sent. */
const MAX_HISTORY_MINUTES = 240;

const LIVE_PAGE_RULES: OptionRules<LivePageOptions> = {
  historyMinutes: wholeNumber(
    1,
    MAX_HISTORY_MINUTES,
    `a whole number of minutes from 1 to ${MAX_HISTORY_MINUTES}`,
  ),
};

const ENDPOINT_RULES: OptionRules<EndpointOptions> = {
  decorators: listRule(
    'an array of method decorators, such as [Public()]',
    (decorator) => typeof decorator === 'function',
  ),
  guards: {
    ...listRule('a non-empty array of guards, such as [ScrapeGuard]', isGuard, 1),
    rejectsUndefined: true,
  },
  bearerToken: {
    ...secretRule(
      'a token of visible ASCII characters without spaces and line breaks, a non-empty array of such tokens, or a function ' +
        'that returns them; leave it out to require none',
      isBearerToken,
    ),
    rejectsUndefined: true,
    secret: true,
  },
  basicAuth: {
    ...groupRule(BASIC_AUTH_RULES, {}, '; leave it out to require none'),
    rejectsUndefined: true,
    secret: true,
  },
  allowIps: {
    ...listRule(
      'a non-empty array of addresses and subnets, such as ["10.0.0.0/8", "::1"]; leave it out to allow all',
      (item) => typeof item === 'string' && isIpRange(item),
      1,
    ),
    rejectsUndefined: true,
  },
  port: {
    ...wholeNumber(
      0,
      LARGEST_PORT,
      `a whole number from 0 (any free port) to ${LARGEST_PORT}; leave it out for the application's own port`,
    ),
    rejectsUndefined: true,
  },
  host: TEXT,
  maxConcurrentScrapes: wholeNumber(1),
  collectorTimeoutMs: TIMEOUT_MS,
  openMetrics: FLAG,
  compression: FLAG,
  page: switchRule(LIVE_PAGE_RULES, DEFAULT_LIVE_PAGE_OPTIONS),
};

export const ENDPOINT_GROUP: OptionGroup = { rules: ENDPOINT_RULES, defaults: DEFAULT_ENDPOINT_OPTIONS };

export const ENDPOINT_RULE = groupRule(ENDPOINT_RULES, DEFAULT_ENDPOINT_OPTIONS);
