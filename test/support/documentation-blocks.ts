import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A block of code in the documentation. */
export interface Block {
  /** File and line where it begins. */
  readonly place: string;
  /** The word after the fence; empty when there is none. */
  readonly language: string;
  readonly code: string;
}

/** README, the pages of `docs` and its folders, and what belongs to a clone: how to contribute, benchmarks, the sample. */
export function documentationFiles(): string[] {
  const pages = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'sample/README.md', ...pages.toSorted()];
}

export function documentationText(): string {
  return documentationFiles()
    .map((file) => readFileSync(ROOT + file, 'utf8'))
    .join('\n');
}

export function documentationBlocks(): Block[] {
  return documentationFiles().flatMap((file) => {
    const text = readFileSync(ROOT + file, 'utf8');
    return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(
      ({ 1: language = '', 2: code = '', index }) => ({
        place: `${file}:${text.slice(0, index).split('\n').length}`,
        language,
        code,
      }),
    );
  });
}

/** What a `diff` comes to: the lines that stay, and those that are added. */
export function resultOf(diff: string): string {
  return diff
    .split('\n')
    .filter((line) => !line.startsWith('-'))
    .map((line) => line.slice(1))
    .join('\n');
}

/** The queries of a block of PromQL, which have an empty line between them; without comments. */
export function queriesOf(code: string): string[] {
  return code
    .replaceAll(/^#.*$/gm, '')
    .split(/\n\s*\n/)
    .map((query) => query.trim())
    .filter((query) => query !== '');
}
