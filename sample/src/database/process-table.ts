import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { platform } from 'node:os';

export interface ProcessDescription {
  /** Tells a process from a later one with the same pid. */
  readonly birth: string;
  readonly commandLine: string;
}

/** The running process with this pid; undefined when there is none, or only a zombie. */
export function describeProcess(pid: number): ProcessDescription | undefined {
  try {
    return platform() === 'linux' ? readFromProc(pid) : readFromPs(pid);
  } catch {
    return undefined;
  }
}

export function isRunning(pid: number): boolean {
  return describeProcess(pid) !== undefined;
}

/** Pids mean something only within their namespace: containers may share a temp directory, but not that. */
export function currentPidNamespace(): string {
  return platform() === 'linux' ? readlinkSync('/proc/self/ns/pid') : '';
}

/** See proc_pid_stat(5): the second field, in parentheses, may itself hold spaces and parentheses. */
function readFromProc(pid: number): ProcessDescription | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fieldsFromState = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fieldsFromState[0];
  const startTime = fieldsFromState[19];
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd();
  return { birth: startTime, commandLine };
}

function readFromPs(pid: number): ProcessDescription | undefined {
  const line = execFileSync('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const match = /^\s*(\S+)\s+(\S+ +\S+ +\S+ +\S+ +\S+) +(.*)$/m.exec(line);
  const [, state, birth, commandLine] = match ?? [];
  if (state === undefined || birth === undefined || commandLine === undefined) return undefined;
  return state.startsWith('Z') ? undefined : { birth, commandLine };
}
