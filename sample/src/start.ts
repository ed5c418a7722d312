import { launch } from './launcher/launch.js';
import { Teardown } from './launcher/teardown.js';

const stopping = new AbortController();
const teardown = new Teardown();
let exitCode = 0;

function fail(error: unknown): void {
  // The first failure explains; a closed output, for one, fails again at every line.
  if (exitCode === 0) console.error(error);
  exitCode = 1;
  stopping.abort();
}

// These stay, so that a second Ctrl-C cannot interrupt the stopping that the first one began.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stopping.signal.aborted) console.log(`\n${signal}: stopping`);
    stopping.abort();
  });
}
process.on('uncaughtException', fail);

try {
  await launch(teardown, stopping.signal);
} catch (error) {
  // Being stopped while starting is no failure.
  if (!stopping.signal.aborted) fail(error);
}
if (!(await teardown.run())) exitCode = 1;
process.exit(exitCode);
