import { readFile } from "node:fs/promises";
import ts from "typescript";

export interface Import {
  /** Undefined where it is not written out, so that nobody can tell what will be loaded. */
  readonly from: string | undefined;
  /** What is imported by name; `default` too. */
  readonly names: readonly string[];
}

const textOf = (node: ts.Node | undefined) =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;

/** All that a file imports or requires, early or late; types are left out. */
export async function importsOf(file: string): Promise<readonly Import[]> {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly !== true) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const names = named !== undefined && ts.isNamedImports(named) ? named.elements : [];
      found.push({
        from: textOf(node.moduleSpecifier),
        names: [
          ...(clause?.name === undefined ? [] : ["default"]),
          ...names.filter((one) => !one.isTypeOnly).map((one) => (one.propertyName ?? one.name).text),
        ],
      });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && !node.isTypeOnly) {
      found.push({ from: textOf(node.moduleSpecifier), names: [] });
    } else if (ts.isCallExpression(node)) {
      const { expression, arguments: given } = node;
      const isRequire =
        ts.isIdentifier(expression) && ["require", "__require"].includes(expression.text) && given.length > 0;
      if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword)
        found.push({ from: textOf(given[0]), names: [] });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest, true));
  return found;
}
