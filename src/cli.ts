#!/usr/bin/env node
import { runCommand } from './command/run-command.js';

/** Sets the exit code instead of exiting, so that a pipe gets all of the output. */
async function main(): Promise<void> {
  // The reader of a pipe may have enough, as `head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await runCommand(process.argv.slice(2), process.env, process);
}

void main();
