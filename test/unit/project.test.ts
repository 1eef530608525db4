import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

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

test("the compose file builds from a Dockerfile that is there, and mounts directories that are there", () => {
  const compose = parse(read("docker-compose.yml")) as {
    services: Record<string, { build: { context: string; dockerfile: string }; volumes: string[] }>;
  };
  for (const { build, volumes } of Object.values(compose.services)) {
    expect(existsSync(join(ROOT, build.context, build.dockerfile))).toBe(true);
    for (const volume of volumes) expect(existsSync(join(ROOT, volume.split(":")[0] ?? ""))).toBe(true);
  }
});

test("the lock file names no registry", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved":/);
});

test("every local link in a README leads somewhere", () => {
  for (const file of [
    "README.md",
    "src/README.md",
    "config/README.md",
    "jobs/README.md",
    "test/servers/README.md",
  ]) {
    for (const [, link = ""] of read(file).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      expect(existsSync(join(ROOT, file, "..", link)), `${file}: ${link}`).toBe(true);
    }
  }
});
