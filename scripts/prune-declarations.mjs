// Removes the declarations that no entry point reaches: nobody can import those files, and they would be most of the package's.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The entry points are the declarations directly in the folder. */
export function pruneDeclarations(folder) {
  const declarations = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.d.ts'));
  const reached = new Set(declarations.filter((path) => dirname(path) === '.'));
  for (const path of reached) {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, path), 'utf8'));
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) {
        reached.add(join(dirname(path), fileName.replace(/\.js$/, '.d.ts')));
      }
    }
  }
  for (const path of declarations) {
    if (!reached.has(path)) rmSync(join(folder, path));
  }
}
