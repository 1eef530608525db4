// How long a file of src or test may be, and how many files a folder of src may have.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const MOST_LINES = 300;
const MOST_FILES = 15;

/** What is longer, and why it is one file. */
const LONGER = {
  "test/unit/config/import/lftp.test.ts": "a table: lines of lftp, and what they become",
  "test/e2e/api.test.ts": "one fleet, started once",
  "test/e2e/dashboard.test.ts": "one fleet and one browser, started once",
};

/** Folders that have more, and why. */
const FULLER = {
  "src/state": "each file keeps one kind of thing on this machine",
  "src/mirror/decide": "each file decides one question, and all are asked by the same callers",
};

const paths = ["src", "test"].flatMap((top) =>
  readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name)),
);
const lengthOf = (path) => readFileSync(path, "utf8").trimEnd().split("\n").length;
const faults = [];
for (const path of paths) {
  if (!/\.(ts|tsx|mjs)$/.test(path) || path.includes("/fixtures/") || path in LONGER) continue;
  const lines = lengthOf(path);
  if (lines > MOST_LINES)
    faults.push(
      `${path} has ${lines} lines, ${MOST_LINES} are allowed: split it, or write in .config/limits.mjs why it is one file`,
    );
}
const folders = new Map();
for (const path of paths)
  if (path.startsWith("src/")) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
for (const [folder, files] of folders)
  if (files > MOST_FILES && !(folder in FULLER))
    faults.push(`${folder} has ${files} files, ${MOST_FILES} are allowed: split it`);
for (const path of Object.keys(LONGER))
  if (!paths.includes(path) || lengthOf(path) <= MOST_LINES)
    faults.push(`${path} is in LONGER of .config/limits.mjs without need`);
for (const folder of Object.keys(FULLER))
  if ((folders.get(folder) ?? 0) <= MOST_FILES)
    faults.push(`${folder} is in FULLER of .config/limits.mjs without need`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
