// Writes api/*.md, the public declarations of each entry point, from the built .d.ts; with --check it only compares, and
// fails when one is stale. A change of the public API is then a change that somebody has seen.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const entryPoints = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([path, target]) => ({ path, declarations: `${root}${target.import.types.slice(2)}` }));

const program = ts.createProgram(
  entryPoints.map(({ declarations }) => declarations),
  {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
  },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

/** Where a name of this package is declared, which may be several times (overloads). */
function declarationsOf(symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return (target.declarations ?? []).filter(
    (node) => node.getSourceFile().fileName.startsWith(`${root}dist/`) && isTopLevel(node),
  );
}

function isTopLevel(node) {
  return (
    ts.isSourceFile(node.parent) ||
    (ts.isVariableDeclaration(node) && ts.isSourceFile(statementOf(node).parent))
  );
}

/** A variable's statement says `export declare const`; its declaration alone does not. */
function statementOf(node) {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node;
}

function isPrivate(node) {
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
}

const withoutPrivateMembers = (context) => (statement) => {
  const visit = (node) => (isPrivate(node) ? undefined : ts.visitEachChild(node, visit, context));
  return ts.visitEachChild(statement, visit, context);
};

function print(node) {
  const { transformed } = ts.transform(statementOf(node), [withoutPrivateMembers]);
  return printer.printNode(ts.EmitHint.Unspecified, transformed[0], node.getSourceFile());
}

/** The names in a declaration; those that it extends alone, when asked for. A type alias consists of what it mentions. */
function mentioned(declaration, { bases }) {
  const symbols = [];
  const visit = (node) => {
    if (isPrivate(node)) return;
    if (ts.isIdentifier(node)) symbols.push(checker.getSymbolAtLocation(node));
    ts.forEachChild(node, visit);
  };
  if (bases && !ts.isTypeAliasDeclaration(declaration))
    (declaration.heritageClauses ?? []).forEach(({ types }) =>
      types.forEach(({ expression }) => visit(expression)),
    );
  else visit(declaration);
  return symbols.filter((symbol) => symbol !== undefined);
}

/**
 * What an entry point exports, with what its classes and interfaces extend and its aliases stand for: their members are public as well. Of other
 * types that can be reached, only the names: how they look inside may change.
 */
function report({ path, declarations }) {
  const entry = checker.getSymbolAtLocation(program.getSourceFile(declarations));
  const exported = new Map(
    checker.getExportsOfModule(entry).map((symbol) => [symbol.name, declarationsOf(symbol)]),
  );
  const shown = new Set([...exported.values()].flat());
  const bases = new Map();
  for (const node of shown) {
    for (const symbol of mentioned(node, { bases: true })) {
      const found = declarationsOf(symbol).filter((base) => !shown.has(base));
      if (found.length > 0) bases.set(symbol.name, found);
      found.forEach((base) => shown.add(base));
    }
  }
  const others = [...shown]
    .flatMap((node) => mentioned(node, { bases: false }))
    .filter((symbol) => declarationsOf(symbol).some((node) => !shown.has(node)))
    .map((symbol) => `- \`${symbol.name}\``);
  return [
    `# \`${name}${path.slice(1)}\``,
    '',
    '<!-- Generated from the built declarations by `npm run docs`. Do not edit. -->',
    ...section(`Exports (${exported.size})`, exported),
    ...(bases.size > 0 ? section('Extended by these, and not exported', bases) : []),
    ...(others.length > 0
      ? ['', '## Mentioned by these, and not exported', '', ...new Set(others.toSorted())]
      : []),
    '',
  ].join('\n');
}

function section(title, declarations) {
  const sorted = [...declarations].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const shown = sorted.flatMap(([key, nodes]) => ['', `### ${key}`, '', '```ts', ...nodes.map(print), '```']);
  return ['', `## ${title}`, ...shown];
}

const fileOf = ({ path }) => `${path === '.' ? 'index' : path.slice(2).replaceAll('/', '-')}.md`;
const reports = new Map(entryPoints.map((entryPoint) => [fileOf(entryPoint), report(entryPoint)]));

mkdirSync(`${root}api`, { recursive: true });
const present = readdirSync(`${root}api`);
if (!process.argv.includes('--check')) {
  reports.forEach((text, file) => writeFileSync(`${root}api/${file}`, text));
} else {
  const stale = [...reports].filter(
    ([file, text]) => !present.includes(file) || readFileSync(`${root}api/${file}`, 'utf8') !== text,
  );
  const strange = present.filter((file) => !reports.has(file));
  const wrong = [...stale.map(([file]) => file), ...strange].map((file) => `api/${file}`);
  if (wrong.length > 0) {
    console.error(
      `${wrong.join(', ')}: not what is built. Run \`npm run docs\`, look at the difference, and commit it.`,
    );
    process.exitCode = 1;
  }
}
