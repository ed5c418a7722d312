import type { ChildProcess } from 'node:child_process';

/**
 * What a process prints. It comes through a pipe, after what the process did later and a socket told: tests ask for it with
 * `expect.poll()`.
 */
export class ProcessOutput {
  text = '';

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    }
  }
}
