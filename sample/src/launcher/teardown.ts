import { setTimeout as delay } from 'node:timers/promises';

/** More than the database's own patience with its shutdown. */
const STEP_TIMEOUT_MS = 25_000;

interface Step {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What has to be undone, latest first. A step that fails or hangs keeps no other from being taken. */
export class Teardown {
  private readonly steps: Step[] = [];

  add(name: string, run: () => Promise<void>): void {
    this.steps.push({ name, run });
  }

  /** True when every step succeeded. */
  async run(): Promise<boolean> {
    let clean = true;
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await withinTimeout(step);
      } catch (error) {
        clean = false;
        console.error(`Stopping the ${step.name} failed:`, error);
      }
    }
    return clean;
  }
}

async function withinTimeout({ run }: Step): Promise<void> {
  const timeout = new AbortController();
  const tooLate = delay(STEP_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`It took longer than ${STEP_TIMEOUT_MS} ms.`);
  });
  try {
    await Promise.race([run(), tooLate]);
  } finally {
    timeout.abort();
    tooLate.catch(() => undefined);
  }
}
