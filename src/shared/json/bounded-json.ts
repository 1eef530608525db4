/** Nothing of ours is nested deeper; what is could end whoever walks through it. */
const MOST_DEPTH = 64;

/** JSON text of bounded depth. @throws SyntaxError, also for what is nested more than 64 deep; the text is not quoted */
export function parseBoundedJson(text: string): unknown {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\[^])*"?|[[\]{}]/g)) {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    if (depth > MOST_DEPTH) throw new SyntaxError(`nested more than ${MOST_DEPTH} levels deep`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError("not valid JSON");
  }
}
