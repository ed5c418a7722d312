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

export function documentationBlocks(): Block[] {
  return documentationFiles().flatMap((file) => {
    const text = readFileSync(ROOT + file, 'utf8');
    // In a list, a block is indented.
    return [...text.matchAll(/^( *)```(.*)\n([^]*?)^\1```$/gm)].map(
      ({ 1: indent = '', 2: language = '', 3: code = '', index }) => ({
        place: `${file}:${text.slice(0, index).split('\n').length}`,
        language,
        code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
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

/** The cells of every row of a page's tables, headings included. */
export function tableRows(page: string): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(/ \| /)
        .map((cell) => cell.trim()),
    );
}

/** What is below each heading of the second level, up to the next of them. */
export function chaptersOf(page: string): Map<string, string> {
  return partsOf(page, /^(?=##? )/m, '## ');
}

/** What is below each heading of the third level, up to the next heading. */
export function sectionsOf(page: string): Map<string, string> {
  return partsOf(page, /^(?=#{1,3} )/m, '### ');
}

function partsOf(page: string, border: RegExp, level: string): Map<string, string> {
  const parts = page.split(border).filter((part) => part.startsWith(level));
  return new Map(
    parts.map((part) => {
      const [heading = '', ...text] = part.split('\n');
      return [heading.slice(level.length), text.join('\n')];
    }),
  );
}

/** Links to other files of the repository, and within the page. */
export function linksOf(page: string): string[] {
  return [...withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^\w+:/.test(link));
}

/** The anchors that a page's headings get: lower case, words and hyphens. */
export function anchorsOf(page: string): string[] {
  return [...withoutBlocks(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutBlocks(page: string): string {
  return page.replaceAll(/^ *```[^]*?^ *```$/gm, '');
}
