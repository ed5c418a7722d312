import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { runCommand } from './consumer-process.js';
import { completeSnippet } from './documentation-snippets.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TIMEOUT_MS = 180_000;

/** Compiles snippets, runs each in a process beside the others, and answers what went wrong in which, by its place. */
export async function runSnippets(
  snippets: ReadonlyMap<string, string>,
): Promise<Map<string, string | null>> {
  const folder = mkdtempSync(`${tmpdir()}/hyper-metrics-snippets-`);
  try {
    symlinkSync(`${ROOT}node_modules`, `${folder}/node_modules`, 'junction');
    const surroundings = readFileSync(`${ROOT}test/support/snippet-surroundings.mjs`, 'utf8');
    writeFileSync(`${folder}/surroundings.mjs`, withLibrary(surroundings));
    const files = new Map([...snippets.keys()].map((place, index) => [`snippet-${index}.mjs`, place]));
    for (const [file, place] of files) {
      writeFileSync(`${folder}/${file}`, compile(snippets.get(place) ?? ''));
    }
    const args = [`${ROOT}test/support/run-snippets.mjs`, folder];
    const { stdout, stderr } = await runCommand(process.execPath, args, {
      directory: ROOT,
      timeoutMs: TIMEOUT_MS,
    });
    const lines = stdout.split('\n').filter((line) => line.startsWith('["snippet-'));
    const results = new Map(lines.map((line) => JSON.parse(line) as [string, string | null]));
    return new Map(
      [...files].map(([file, place]) => [
        place,
        results.has(file) ? (results.get(file) ?? null) : `did not run\n${stderr}`,
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(snippet: string): string {
  // What the prelude only declares, the surroundings have.
  const code = completeSnippet(snippet).replaceAll(
    /^declare const (\w+): .*$/gm,
    "import { $1 } from './surroundings.mjs';",
  );
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const reachable = outputText.replaceAll(/'http:\/\/pushgateway:9091'/g, 'globalThis.pushgatewayUrl');
  return withLibrary(`import 'reflect-metadata';\n${reachable}`);
}

/** A package finds itself by its name within its own folder only. */
function withLibrary(code: string): string {
  return code.replaceAll(/'nestjs-hyper-metrics(?:\/(\w+))?'/g, (_, entry: string | undefined) => {
    return `'${pathToFileURL(`${ROOT}dist/esm/${entry ?? 'index'}.js`).href}'`;
  });
}
