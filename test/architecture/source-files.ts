import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** One file of `src`: its path from there, its text, and what it imports. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Whether it has an `export *`. */
  readonly exportsAll: boolean;
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
  const imports: Import[] = [];
  let exportsAll = false;
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      imports.push(toImport(path, specifier.text, bringsTypesOnly(node)));
    }
    exportsAll ||= ts.isExportDeclaration(node) && node.exportClause === undefined;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return { path, lines: text.split('\n').length - 1, imports, exportsAll };
}

/** The module that a node brings in: `import`, `export … from`, `import()`, `require()`, `import x = require()`. */
function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  const specifier = ((): ts.Node | undefined => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      return node.moduleSpecifier;
    }
    if (ts.isExternalModuleReference(node)) {
      return node.expression;
    }
    if (ts.isImportTypeNode(node)) {
      return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    }
    return ts.isCallExpression(node) && isLoader(node.expression) ? node.arguments[0] : undefined;
  })();
  return specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier : undefined;
}

function isLoader(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
  );
}

function bringsTypesOnly(node: ts.Node): boolean {
  return (
    ts.isImportTypeNode(node) ||
    (ts.isImportDeclaration(node) && isTypeOnlyImport(node)) ||
    (ts.isExportDeclaration(node) && node.isTypeOnly)
  );
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

function toImport(path: string, text: string, typeOnly: boolean): Import {
  const internal = text.startsWith('.');
  const target = internal ? posix.join(posix.dirname(path), text).replace(/\.js$/, '.ts') : text;
  return { target, internal, typeOnly };
}
