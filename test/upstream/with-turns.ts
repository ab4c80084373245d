import ts from 'typescript';

const { factory } = ts;

/**
 * Adapts upstream's tests to exports that begin in a separate turn: the event loop turns before each assertion, and
 * between the timers of a faked clock. Nothing else changes.
 * @param turns the module with the function `turn`
 */
export function withTurns(source: string, turns: string): string {
  const file = ts.createSourceFile('upstream.ts', source, ts.ScriptTarget.ESNext, true);
  const { transformed } = ts.transform(file, [
    (context) => (root) => ts.visitEachChild(root, (node) => inSuite(node, context), context),
  ]);
  const [changed] = transformed;
  if (changed === undefined) throw new Error('nothing came of the transformation');
  return `import { turn as __turn } from ${JSON.stringify(turns)};\n${ts.createPrinter().printFile(changed)}`;
}

/** Outside of tests, nothing changes. */
function inSuite(node: ts.Node, context: ts.TransformationContext): ts.Node {
  if (ts.isCallExpression(node) && node.expression.getText() === 'it' && node.arguments[1] !== undefined) {
    const [title, test] = node.arguments;
    return factory.updateCallExpression(node, node.expression, undefined, [
      title!,
      asTest(inTest(test, context) as ts.Expression),
    ]);
  }
  return ts.visitEachChild(node, (child) => inSuite(child, context), context);
}

function inTest(node: ts.Node, context: ts.TransformationContext): ts.Node {
  const visited = ts.visitEachChild(node, (child) => inTest(child, context), context);
  if (ts.isBlock(visited)) {
    return factory.updateBlock(
      visited,
      visited.statements.flatMap((statement) =>
        isAssertion(statement) ? [awaitOf('__turn', []), statement] : [statement],
      ),
    );
  }
  if (
    ts.isCallExpression(visited) &&
    ts.isPropertyAccessExpression(visited.expression) &&
    visited.expression.name.text === 'tick'
  ) {
    const tickAsync = factory.createPropertyAccessExpression(visited.expression.expression, 'tickAsync');
    return factory.createParenthesizedExpression(
      factory.createAwaitExpression(factory.createCallExpression(tickAsync, undefined, visited.arguments)),
    );
  }
  return isFunction(visited) && hasAwait(visited.body) ? asAsync(visited) : visited;
}

type FunctionNode = ts.ArrowFunction | ts.FunctionExpression;

function isFunction(node: ts.Node): node is FunctionNode {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

function isAssertion(statement: ts.Statement): boolean {
  return ts.isExpressionStatement(statement) && /^(sinon\.)?assert\b/.test(ts.getOriginalNode(statement).getText());
}

function awaitOf(name: string, args: readonly ts.Expression[]): ts.Statement {
  return factory.createExpressionStatement(
    factory.createAwaitExpression(factory.createCallExpression(factory.createIdentifier(name), undefined, args)),
  );
}

/** Whether the function itself awaits something, as opposed to a function within it. */
function hasAwait(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node)) return true;
  return ts.forEachChild(node, (child) => (isFunction(child) ? false : hasAwait(child)) || undefined) === true;
}

function asAsync(node: FunctionNode): FunctionNode {
  const modifiers = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)
    ? node.modifiers
    : [...(node.modifiers ?? []), factory.createModifier(ts.SyntaxKind.AsyncKeyword)];
  return ts.isArrowFunction(node)
    ? factory.updateArrowFunction(
        node,
        modifiers,
        node.typeParameters,
        node.parameters,
        undefined,
        node.equalsGreaterThanToken,
        node.body,
      )
    : factory.updateFunctionExpression(
        node,
        modifiers,
        node.asteriskToken,
        node.name,
        node.typeParameters,
        node.parameters,
        undefined,
        node.body,
      );
}

/** Mocha refuses a test that both takes a callback and returns a promise. */
function asTest(test: ts.Expression): ts.Expression {
  if (!isFunction(test) || test.parameters.length === 0) return test;
  const [done] = test.parameters;
  const name = factory.createIdentifier((done!.name as ts.Identifier).text);
  const run = factory.createCallExpression(factory.createParenthesizedExpression(test), undefined, [name]);
  const settled = factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createIdentifier('Promise'), 'resolve'),
    undefined,
    [run],
  );
  const caught = factory.createCallExpression(factory.createPropertyAccessExpression(settled, 'catch'), undefined, [
    name,
  ]);
  const body = factory.createBlock([factory.createExpressionStatement(factory.createVoidExpression(caught))], true);
  return factory.createFunctionExpression(
    undefined,
    undefined,
    undefined,
    undefined,
    [factory.createParameterDeclaration(undefined, undefined, name)],
    undefined,
    body,
  );
}
