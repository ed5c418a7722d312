import { MAX_TIMER_MS } from '../core/tool/deadline.js';

/** The last snapshots of one process or thread, or of those that have ended there. */
export interface MemberSnapshot {
  /** Different for each that ever was. */
  readonly member: string;
  /** What the label `worker` says of it. */
  readonly worker: string;
  readonly pid: number;
  /** 0 for the main thread. */
  readonly thread: number;
  readonly hasEnded: boolean;
  /** What `encodeSnapshots()` has made, in base64: texts pass every channel, whatever its serialization. */
  readonly payload: string;
}

/** What several of them have. */
export interface Bundle {
  readonly members: readonly MemberSnapshot[];
  /** How many could not be read, or only as they were before. Up to {@link MAX_FAILURES}. */
  readonly failures: number;
  /** Those of the failures that did not answer in time. */
  readonly late?: LateMembers;
  /** How many of the failures are processes with another version of this library. */
  readonly otherVersions?: number;
}

/** Processes and threads that did not answer in time. */
export interface LateMembers {
  readonly count: number;
  /** For a log: `worker 3 (pid 4711)`. Up to {@link MAX_NAMED} of them. */
  readonly names: readonly string[];
}

export const MAX_NAMED = 10;
const MAX_NAME_CHARACTERS = 100;

/** Each is counted by itself. */
export const MAX_FAILURES = 10_000;

/** A process has as many as it has applications with different prefixes; nobody remembers more. */
export const MAX_GROUPS = 100;

/**
 * What processes and threads say to each other. A *group* are the applications of one prefix: those are merged.
 *
 * Up, to the hub: `hello`, with what logs call the process, answered by `welcome`; `join` and `leave` a group, with the last numbers; `gather`, answered by
 * `gathered`, or by `unavailable` where a hub above that one does not answer.
 * Down: `collect`, the question for one's own numbers.
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

/** Rises when messages change their meaning. */
export const PROTOCOL_VERSION = 2;

/**
 * The only property of what is sent: by it messages are told from all others of the same channel, and whoever looks for a `type`,
 * `cmd` or `topic` in messages of its own finds none in ours.
 */
const KEY = 'nestjs-hyper-metrics';

export interface Envelope {
  readonly [KEY]: { readonly protocol: number; readonly message: Message };
}

export function toEnvelope(message: Message): Envelope {
  return { [KEY]: { protocol: PROTOCOL_VERSION, message } };
}

/** `undefined` for what is none of ours, `'other version'` for what is, and cannot be understood. */
export function readMessage(value: unknown): Message | 'other version' | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, KEY)) {
    return undefined;
  }
  // Where a number is, another version speaks.
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

/** What each message must have. Whoever else calls its messages like ours must do no harm. */
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

/** Goes into a log: no line breaks, and no text without end. */
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

/** Counts what a bundle is without, by cause. */
export class FailureTally {
  private count = 0;
  private late = 0;
  private readonly lateNames: string[] = [];
  private otherVersions = 0;

  /** Counts what another bundle is without. */
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
