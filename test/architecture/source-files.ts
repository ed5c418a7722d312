import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** One file of `src`: its path from there, its text, and what it imports. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path from `src` for files of ours, else the package's specifier. */
  readonly target: string;
  readonly internal: boolean;
  /** Whether only types are imported, which leave no trace at run time. */
  readonly typeOnly: boolean;
}

const root = fileURLToPath(new URL('../../src/', import.meta.url));

export function readSourceFiles(): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = relative(root, join(root, name)).split(sep).join('/');
      return parse(path, readFileSync(join(root, name), 'utf8'));
    });
}

export function parse(path: string, text: string): SourceFile {
  const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports = statements.flatMap((statement): Import[] => {
    if (ts.isImportDeclaration(statement)) {
      return [toImport(path, statement.moduleSpecifier, isTypeOnlyImport(statement))];
    }
    return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined
      ? [toImport(path, statement.moduleSpecifier, statement.isTypeOnly)]
      : [];
  });
  return { path, lines: text.split('\n').length - 1, imports };
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) {
    return false;
  }
  const { namedBindings } = importClause;
  return (
    importClause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (importClause.name === undefined &&
      namedBindings !== undefined &&
      ts.isNamedImports(namedBindings) &&
      namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly))
  );
}

function toImport(path: string, specifier: ts.Expression, typeOnly: boolean): Import {
  const { text } = specifier as ts.StringLiteral;
  const internal = text.startsWith('.');
  const target = internal ? posix.join(posix.dirname(path), text).replace(/\.js$/, '.ts') : text;
  return { target, internal, typeOnly };
}
