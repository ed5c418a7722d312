// What the benchmarks share: every variant in a process of its own, launched afresh in every round, in random order.
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export const ROUNDS = Number(process.env.ROUNDS ?? 9);

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-p', String(process.pid)]).status === 0;
if (canPin) {
  spawnSync('taskset', ['-cp', '1', String(process.pid)]);
}

/** Starts a script of this folder, with IPC; on core 0 where `taskset` can pin it, while this process is on core 1. */
export function launch(script, ...args) {
  const command = [process.execPath, fileURLToPath(new URL(script, import.meta.url)), ...args];
  const [program, ...rest] = canPin ? ['taskset', '-c', '0', ...command] : command;
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** What `measure` gives for every variant in every round, by variant. */
export async function measureInRounds(variants, measure) {
  const measured = Object.fromEntries(variants.map((variant) => [variant, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const variant of shuffled(variants)) {
      measured[variant].push(await measure(variant));
    }
  }
  return measured;
}

function shuffled(list) {
  return list
    .map((item) => [Math.random(), item])
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
export const minimum = (numbers) => Math.min(...numbers);
export const maximum = (numbers) => Math.max(...numbers);
