#!/usr/bin/env node
import { runCommand } from './command/run-command.js';

/** Sets the exit code instead of exiting, so that a pipe gets all of the output. */
async function main(): Promise<void> {
  process.stdout.on('error', ({ code = 'unknown error' }: NodeJS.ErrnoException) => {
    // The reader of a pipe may have enough, as `head` has.
    if (code !== 'EPIPE') {
      process.stderr.write(`Standard output cannot be written (${code}).\n`);
      process.exitCode = 1;
    }
  });
  const exitCode = await runCommand(process.argv.slice(2), process.env, process);
  process.exitCode ??= exitCode;
}

void main();
