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
  /** How many could not be read, or only as they were before. */
  readonly failures: number;
}

/**
 * What processes and threads say to each other. A *group* are the applications of one prefix: those are merged.
 *
 * Up, to the hub: `hello`, answered by `welcome`; `join` and `leave` a group, with the last numbers; `gather`.
 * Down: `collect`, the question for one's own numbers.
 */
export type Message =
  | { readonly type: 'hello' }
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
  | { readonly type: 'gathered'; readonly id: number; readonly bundle: Bundle };

/** Rises when messages change their meaning. */
export const PROTOCOL_VERSION = 1;

/** By this property they are told from all other messages of the same channel. */
const KEY = 'nestjs-hyper-metrics';

export type Envelope = Message & { readonly [KEY]: number };

export function toEnvelope(message: Message): Envelope {
  return { [KEY]: PROTOCOL_VERSION, ...message };
}

/** `undefined` for what is none of ours, `'other version'` for what is, and cannot be understood. */
export function readMessage(value: unknown): Message | 'other version' | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, KEY)) {
    return undefined;
  }
  const message = value as Envelope;
  if (message[KEY] !== PROTOCOL_VERSION) {
    return 'other version';
  }
  const { type } = message as { readonly type?: unknown };
  const parts = typeof type === 'string' && Object.hasOwn(PARTS, type) ? PARTS[message.type] : undefined;
  const isWhole = parts?.every((part) => CHECKS[part]((message as Partial<Record<Part, unknown>>)[part]));
  return isWhole === true ? message : undefined;
}

type Part = 'hub' | 'group' | 'id' | 'sequence' | 'withinMs' | 'bundle';

/** What each message must have. Whoever else calls its messages like ours must do no harm. */
const PARTS: Readonly<Record<Message['type'], readonly Part[]>> = {
  hello: [],
  welcome: ['hub'],
  join: ['group'],
  leave: ['group', 'sequence', 'bundle'],
  collect: ['id', 'group', 'withinMs'],
  gather: ['id', 'group', 'withinMs'],
  collected: ['id', 'group', 'sequence', 'bundle'],
  gathered: ['id', 'bundle'],
};

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
/** What timers take. */
const isDuration = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 2 ** 31;
/** Each is counted by itself. */
const isFewFailures = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10_000;

const CHECKS: Readonly<Record<Part, (value: unknown) => boolean>> = {
  hub: isText,
  group: isText,
  id: isNumber,
  sequence: isNumber,
  withinMs: isDuration,
  bundle: isBundle,
};

function isBundle(value: unknown): boolean {
  const { members, failures } = (value ?? {}) as Partial<Bundle>;
  return isFewFailures(failures) && Array.isArray(members) && members.every(isMemberSnapshot);
}

function isMemberSnapshot(value: unknown): boolean {
  const { member, worker, pid, thread, hasEnded, payload } = (value ?? {}) as Partial<MemberSnapshot>;
  return (
    [member, worker, payload].every(isText) && [pid, thread].every(isNumber) && typeof hasEnded === 'boolean'
  );
}
