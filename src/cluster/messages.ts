import { MAX_TIMER_MS } from '../core/tool/deadline.js';

/** The metrics of one process or thread, or of all ended ones of a hub. */
export interface MemberSnapshot {
  /** A unique id. */
  readonly member: string;
  /** The value of the label `worker`. */
  readonly worker: string;
  readonly pid: number;
  /** 0 for the main thread. */
  readonly thread: number;
  readonly hasEnded: boolean;
  /** The result of `encodeSnapshots()` in base64: every channel can serialize strings. */
  readonly payload: string;
}

/** The metrics of several processes and threads. */
export interface Bundle {
  readonly members: readonly MemberSnapshot[];
  /** The number of stale or missing members, up to {@link MAX_FAILURES}. */
  readonly failures: number;
  /** The failures that are members without an answer in time. */
  readonly late?: LateMembers;
  /** The number of failures that are processes with another version of this library. */
  readonly otherVersions?: number;
}

/** Processes and threads without an answer in time. */
export interface LateMembers {
  readonly count: number;
  /** Their names in logs, such as `worker 3 (pid 4711)`; up to {@link MAX_NAMED}. */
  readonly names: readonly string[];
}

export const MAX_NAMED = 10;
const MAX_NAME_CHARACTERS = 100;

/** A limit, because failures are counted one by one. */
export const MAX_FAILURES = 10_000;

/** The limit for groups that a node keeps. A process has one group per prefix. */
export const MAX_GROUPS = 100;

/**
 * The messages between processes and threads. A *group* is all applications with one prefix: they are merged.
 *
 * To the hub: `hello`, with the name in logs, is answered by `welcome`. `join` and `leave` concern a group; `leave` has the last
 * metrics. `gather` is answered by `gathered`, or by `unavailable` when a hub above does not answer.
 * From the hub: `collect`, a request for the member's own metrics, is answered by `collected`.
 */
export type Message =
  | { readonly type: 'hello'; readonly name?: string }
  | { readonly type: 'welcome'; readonly hub: string }
  | { readonly type: 'join'; readonly group: string }
  | { readonly type: 'leave'; readonly group: string; readonly sequence: number; readonly bundle: Bundle }
  | {
      readonly type: 'collect' | 'gather';
      readonly id: number;
      readonly group: string;
      readonly withinMs: number;
    }
  | {
      readonly type: 'collected';
      readonly id: number;
      readonly group: string;
      readonly sequence: number;
      readonly bundle: Bundle;
    }
  | { readonly type: 'gathered'; readonly id: number; readonly bundle: Bundle }
  | { readonly type: 'unavailable'; readonly id: number };

/** Incremented with every incompatible change of messages. */
export const PROTOCOL_VERSION = 2;

/**
 * The only property of a sent object. It distinguishes our messages from others of the same channel, and other listeners find no
 * `type`, `cmd` or `topic` in ours.
 */
const KEY = 'nestjs-hyper-metrics';

export interface Envelope {
  readonly [KEY]: { readonly protocol: number; readonly message: Message };
}

export function toEnvelope(message: Message): Envelope {
  return { [KEY]: { protocol: PROTOCOL_VERSION, message } };
}

/** Returns `undefined` for values that are not our messages, `'other version'` for messages of another protocol version. */
export function readMessage(value: unknown): Message | 'other version' | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, KEY)) {
    return undefined;
  }
  const { protocol, message } = Object(value[KEY as keyof typeof value]) as Partial<Envelope[typeof KEY]>;
  if (protocol !== PROTOCOL_VERSION) {
    return 'other version';
  }
  const { type } = Object(message) as { readonly type?: unknown };
  const parts =
    typeof type === 'string' && Object.hasOwn(PARTS, type) ? PARTS[type as Message['type']] : undefined;
  const isWhole = parts?.every((part) => CHECKS[part]((message as Partial<Record<Part, unknown>>)[part]));
  return isWhole === true ? message : undefined;
}

type Part = 'name' | 'hub' | 'group' | 'id' | 'sequence' | 'withinMs' | 'bundle';

/** The parts of each message, which are checked: another library's message may have the same key. */
const PARTS: Readonly<Record<Message['type'], readonly Part[]>> = {
  hello: ['name'],
  welcome: ['hub'],
  join: ['group'],
  leave: ['group', 'sequence', 'bundle'],
  collect: ['id', 'group', 'withinMs'],
  gather: ['id', 'group', 'withinMs'],
  collected: ['id', 'group', 'sequence', 'bundle'],
  gathered: ['id', 'bundle'],
  unavailable: ['id'],
};

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isDuration = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= MAX_TIMER_MS;
const isFewFailures = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_FAILURES;

/** A name appears in logs: no control characters, limited length. */
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= MAX_NAME_CHARACTERS && !/\p{Cc}/u.test(value);
const isMissingOr =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value);

const CHECKS: Readonly<Record<Part, (value: unknown) => boolean>> = {
  name: isMissingOr(isName),
  hub: isText,
  group: isText,
  id: isNumber,
  sequence: isNumber,
  withinMs: isDuration,
  bundle: isBundle,
};

function isBundle(value: unknown): boolean {
  const { members, failures, late, otherVersions } = (value ?? {}) as Partial<Bundle>;
  return (
    isFewFailures(failures) &&
    isMissingOr(isLate)(late) &&
    isMissingOr(isFewFailures)(otherVersions) &&
    Array.isArray(members) &&
    members.every(isMemberSnapshot)
  );
}

function isLate(value: unknown): boolean {
  const { count, names } = (value ?? {}) as Partial<LateMembers>;
  return isFewFailures(count) && Array.isArray(names) && names.length <= MAX_NAMED && names.every(isName);
}

function isMemberSnapshot(value: unknown): boolean {
  const { member, worker, pid, thread, hasEnded, payload } = (value ?? {}) as Partial<MemberSnapshot>;
  return (
    [member, worker, payload].every(isText) && [pid, thread].every(isNumber) && typeof hasEnded === 'boolean'
  );
}

type Failures = Omit<Bundle, 'members'>;

/** Counts the failures of a bundle by cause. */
export class FailureTally {
  private count = 0;
  private late = 0;
  private readonly lateNames: string[] = [];
  private otherVersions = 0;

  /** Adds the failures of another bundle. */
  add({ failures, late, otherVersions = 0 }: Failures): void {
    this.count += failures;
    this.otherVersions += otherVersions;
    this.late += late?.count ?? 0;
    this.lateNames.push(...(late?.names ?? []));
  }

  addLate(name: string): void {
    this.add({ failures: 1, late: { count: 1, names: [name] } });
  }

  get failures(): Failures {
    const { late, otherVersions } = this;
    return {
      failures: limited(this.count),
      ...(late > 0 && { late: { count: limited(late), names: this.lateNames.slice(0, MAX_NAMED) } }),
      ...(otherVersions > 0 && { otherVersions: limited(otherVersions) }),
    };
  }
}

function limited(count: number): number {
  return Math.min(count, MAX_FAILURES);
}
