import { readFileSync } from 'node:fs';

/** Returns the line of a file of this repository that a location (`file:line:column`) names. */
export function lineAt(location: string | undefined): string | undefined {
  const [file = '', line] = location?.split(':') ?? [];
  return readFileSync(file, 'utf8').split('\n')[Number(line) - 1];
}
