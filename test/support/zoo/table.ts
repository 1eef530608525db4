import { readFile, writeFile } from "node:fs/promises";
import { OPERATIONS } from "./operations.ts";
import type { Scene } from "./scene.ts";

/** What came of every operation on one server. */
export interface Visited {
  /** By operation: that it works, or in which words it is refused. */
  readonly cells: ReadonlyMap<string, string>;
  /** What must never happen, and did. */
  readonly wrong: readonly string[];
}

/** Carries every operation out on one server. @param limitMs no operation may take so long */
export async function visited(name: string, scene: Scene, limitMs: number): Promise<Visited> {
  const cells = new Map<string, string>();
  const wrong: string[] = [];
  for (const [operationName, operation] of Object.entries(OPERATIONS)) {
    scene.said.length = 0;
    const began = Date.now();
    const limit = AbortSignal.timeout(limitMs);
    const hung = new Promise<never>((_, reject) =>
      limit.addEventListener("abort", () => setTimeout(reject, 2_000, new Error("hangs")).unref()),
    );
    try {
      cells.set(operationName, plain(await Promise.race([operation(scene, limit), hung]), scene));
      if (limit.aborted) wrong.push(`${operationName}: took longer than ${limitMs} ms`);
    } catch (error) {
      wrong.push(`${operationName}: ${(error as Error).message}\n${scene.said.slice(-40).join("\n")}`);
      cells.set(operationName, `VIOLATION ${plain((error as Error).message, scene)}`);
    }
    if (process.env["FXPD_ZOO_LOG"] === "all")
      process.stderr.write(`${name}: ${operationName}\n${scene.said.join("\n")}\n`);
    if (process.env["FXPD_ZOO_LOG"] === "time" && Date.now() - began > 3_000)
      process.stderr.write(
        `${name}: ${operationName}: ${Date.now() - began} ms: ${cells.get(operationName)}\n`,
      );
  }
  return { cells, wrong };
}

/** Without what differs from run to run. */
function plain(text: string, { subject, real, local, name }: Scene): string {
  return [subject, real.v, real.p]
    .reduce((rest, { address }) => rest.replaceAll(address, "ADDRESS"), text)
    .replaceAll(local, "")
    .replaceAll(`${name}/`, "")
    .replaceAll(/ADDRESS:\d+|ADDRESS,? port \d+/g, "ADDRESS:PORT")
    .replaceAll(/\.fxpd-[\w-]+(\.\w+)*/g, ".fxpd-…")
    .replaceAll(/\b127,\d+,\d+,\d+,\d+,\d+/g, "HOST-PORT")
    .replaceAll(/\s+/g, " ");
}

/**
 * What happened beside what the file says, reduced to which operation works and which is refused. With FXPD_ZOO_MD=1 the
 * file is written anew.
 */
export async function compared(
  file: URL,
  introduction: string,
  tables: readonly (readonly [string, Visited["cells"]])[],
): Promise<{ readonly happened: readonly string[]; readonly documented: readonly string[] }> {
  const parts = tables.map(([name, cells]) => {
    const rows = [...cells].map(([operation, cell]) => `| ${operation} | ${cell.replaceAll("|", "\\|")} |`);
    return `## ${name}\n\n| operation | result |\n| --- | --- |\n${rows.join("\n")}\n`;
  });
  const text = `${introduction}\n${parts.join("\n")}`;
  if (process.env["FXPD_ZOO_MD"] === "1") await writeFile(file, text);
  return { happened: gist(text), documented: gist(await readFile(file, "utf8")) };
}

/** Cells in which it shows how fast this machine is: what is there when it is looked for. */
const DEPENDS_ON_TIME = [/^\| doctor with/];

/** Which operation works and which is refused: words and figures may differ with the order in which things happen. */
function gist(table: string): readonly string[] {
  return table
    .split("\n")
    .filter((line) => /^(##|\| )/.test(line) && !DEPENDS_ON_TIME.some((cell) => cell.test(line)))
    .map((line) =>
      line
        .replace(/ \| (failed|partial|without|no\b).*/, " | refused")
        .replace(/ \| (?!refused$).*/, " | works"),
    );
}
