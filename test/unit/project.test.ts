import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("the top level holds what it was given and nothing else", () => {
  const given = [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "config",
    "docker-compose.yml",
    "jobs",
    "package-lock.json",
  ];
  const rest = ["package.json", "src", "test", "tsconfig.json"];
  const made = ["coverage", "dist", "node_modules"];
  const found = readdirSync(ROOT).filter((name) => !name.startsWith(".") && !made.includes(name));
  expect(found.sort()).toEqual([...given, ...rest].sort());
});

test("the lock file names no registry", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved":/);
});

test("every local link in a README leads somewhere", () => {
  for (const file of [
    "README.md",
    "src/README.md",
    "src/cli/README.md",
    "src/SECURITY.md",
    "config/README.md",
    "jobs/README.md",
    "test/servers/README.md",
  ]) {
    for (const [, link = ""] of read(file).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      expect(existsSync(join(ROOT, file, "..", link)), `${file}: ${link}`).toBe(true);
    }
  }
});

test("each statement of SECURITY.md names a test that there is", () => {
  const [statements = ""] = read("src/SECURITY.md").split(/^## Dependencies$/m);
  const rows = statements
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (what holds|---)/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const [, file = "", name = ""] = /\| `(test\/[^`]+\.test\.ts)`: "(.+)" +\|$/.exec(row) ?? [];
    expect(file, row).not.toBe("");
    const text = existsSync(join(ROOT, file)) ? read(file) : "";
    const literals = [`"${name}"`, `"${name.replaceAll('"', '\\"')}"`, `\`${name}\``];
    expect(
      literals.some((literal) => text.includes(literal)),
      `${file}: ${name}`,
    ).toBe(true);
  }
});

test("the table of dependencies says of each direct one what it is trusted with", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Readonly<
    Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>
  >;
  const [, section = ""] = /^## Dependencies\n([^]*?)(?=^## |$(?![^]))/m.exec(read("src/SECURITY.md")) ?? [];
  const rows = [...section.matchAll(/^\| `([^`]+)` +\| [^|]*\w[^|]* \| [^|]*\w[^|]* \|$/gm)];
  const named = rows.map(([, name]) => name).sort();
  expect(named).toEqual([...Object.keys(dependencies), ...Object.keys(devDependencies)].sort());
});

test("dependencies are of exact versions", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Readonly<
    Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>
  >;
  for (const version of Object.values({ ...dependencies, ...devDependencies }))
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("end-to-end tests drive what test/support/program.ts names, and no build in the tree", () => {
  const files = ["test/e2e", "test/support"].flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(directory, file)),
  );
  const named = files.filter((file) => read(file).includes("dist/cli/main.js"));
  expect(named).toEqual(["test/support/program.ts"]);
});

test("the list of the tests that take longest names files that exist", () => {
  const names = [...read(".config/longest-first.ts").matchAll(/^ {2}"([^"]+)",$/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !existsSync(join(ROOT, `test/${name}.test.ts`)))).toEqual([]);
});
