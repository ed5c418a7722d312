import type { HistogramChild } from '../core/metric/histogram.js';
import { BoundedLabel, OTHER } from '../core/tool/bounded-label.js';
import { RecentMap } from '../core/tool/recent-map.js';
import { statelessPatterns } from '../core/tool/stateless-patterns.js';
import type { HttpClientIgnoreRule } from '../options/http-client-options.interface.js';

/** A target as the cache has it. */
export interface TargetHost {
  /** The host with its port, unless it is the protocol's default. Not bounded: for predicates. */
  readonly name: string;
  /** The value of the label `host`. */
  readonly label: string;
  readonly isIgnored: boolean;
  /** By method, the series of its failures. */
  readonly failures: Map<string, HistogramChild>;
}

/** The host of requests through a Unix domain socket: their paths say nothing, and have no limit. */
export const UNIX_SOCKET = '<unix-socket>';

/** The targets of outgoing requests: their labels, and whether a rule that does not depend on the request ignores them. */
export class TargetHosts {
  private readonly labels: BoundedLabel;
  private readonly cache: RecentMap<string, TargetHost>;
  private readonly ignoredNames: ReadonlySet<string>;
  private readonly ignoredPatterns: readonly RegExp[];

  constructor(maxHosts: number, rules: readonly HttpClientIgnoreRule[]) {
    this.labels = new BoundedLabel(maxHosts);
    this.cache = new RecentMap(Math.min(maxHosts, MAX_GENERATION));
    this.ignoredNames = new Set(
      rules.filter((rule) => typeof rule === 'string').map((rule) => rule.toLowerCase()),
    );
    this.ignoredPatterns = statelessPatterns(rules);
  }

  /** @param target - an origin, or a host with or without port */
  find(target: string): TargetHost {
    return this.cache.get(target, this.create);
  }

  private readonly create = (target: string): TargetHost => {
    const name = hostName(target);
    const isIgnored =
      this.ignoredNames.has(name) ||
      this.ignoredNames.has(name.replace(/:\d+$/, '')) ||
      this.ignoredPatterns.some((pattern) => pattern.test(name));
    const label = isIgnored || name.length > LONGEST_HOST ? OTHER : this.labels.valueOf(name);
    return { name, label, isIgnored, failures: new Map() };
  };
}

/** Ignored hosts and those past the limit are in the cache, too. */
const MAX_GENERATION = 1000;
/** Of a label's value. A cut host would be another one. */
const LONGEST_HOST = 128;

function hostName(target: string): string {
  if (target.includes('://')) {
    try {
      return new URL(target).host;
    } catch {
      return OTHER;
    }
  }
  // Node.js takes any string as `host`.
  const [authority = ''] = target.split(/[/?#]/, 1);
  return authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
}
