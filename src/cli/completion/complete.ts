import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command, Option } from "commander";
import { type Directories, findDirectories } from "../../config/load/directories.ts";
import { load, definitionName, yamlFiles } from "../../config/load/files.ts";
import { hostSettings } from "../../config/load/load-host.ts";
import { HostFile } from "../../config/schema/hosts.ts";
import { Client } from "../../ftp/session/client.ts";
import { listDirectory } from "../../ftp/session/directory.ts";
import { printable } from "../../shared/printable.ts";
import { parseDuration } from "../../shared/units.ts";
import { type Candidate, type Completable, wantedAt, shellWords } from "./wanted.ts";
import { hexDigest } from "../../shared/hex-digest.ts";

/** Who has pressed a key waits no longer for a server. Milliseconds. */
const PATIENCE_MS = 3_000;
/** How long a listing is believed, so that the next key costs no connection. */
const FRESH_MS = 30_000;
/** More than anybody reads. */
const MOST = 1_000;

/**
 * Answers a shell: a line for each word that may come next. Whatever goes wrong, it says less.
 * @param words after `__complete`: `--line LINE`, or `--words WORD…`
 */
export async function answerShell(program: Command, words: readonly string[]): Promise<void> {
  const [how, ...rest] = words;
  const line = how === "--line" ? shellWords(rest[0] ?? "") : rest;
  const current = line.at(-1) ?? "";
  const found = await candidates(completable(program), line).catch((): readonly Candidate[] => []);
  const fitting = found.filter(({ word }) => word.startsWith(current) || word === ":files").slice(0, MOST);
  const text = fitting.map(({ word, about }) => `${word}${about === "" ? "" : `\t${printable(about)}`}\n`);
  process.stdout.write(text.join(""));
}

async function candidates(program: Completable, line: readonly string[]): Promise<readonly Candidate[]> {
  const wanted = wantedAt(program, line);
  if (wanted.kind === "words") return wanted.candidates;
  if (wanted.kind === "nothing") return [];
  const files: readonly Candidate[] = [{ word: ":files", about: "" }];
  if (wanted.kind === "file") return files;
  const valueOf = (option: string) => line[line.indexOf(option) + 1];
  const givenTo = (option: string) => (line.includes(option) ? valueOf(option) : undefined);
  const directories = findDirectories(givenTo("--config"), givenTo("--jobs"));
  if (wanted.kind === "job") return named(directories.jobs, "job", "");
  const current = line.at(-1) ?? "";
  const hosts = await named(join(directories.config, "hosts"), "host", wanted.kind === "host" ? "" : ":");
  if (wanted.kind === "host" && !current.includes(":")) return hosts;
  if (/^[^/:]+:/.test(current)) return remote(current, directories);
  // A slash before any colon makes it a local path.
  return current.includes("/") || current.startsWith("~") ? files : [...hosts, ...files];
}

async function named(directory: string, about: string, end: string): Promise<readonly Candidate[]> {
  return (await yamlFiles(directory)).map((file) => ({ word: definitionName(file) + end, about }));
}

/** Names in the directory of a host that is being typed. */
async function remote(current: string, directories: Directories): Promise<readonly Candidate[]> {
  const [, host = "", directory = ""] = /^([^/:]+):(.*\/)?/.exec(current) ?? [];
  const key = hexDigest(`${directories.config}\n${host}\n${directory}`);
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "fxpd", "completion");
  const kept = join(cache, `${key}.json`);
  const names = (await fresh(kept)) ?? (await listed(host, directory, directories, cache, kept));
  return names.map((name) => ({
    word: `${host}:${directory}${name}`,
    about: name.endsWith("/") ? "directory" : "",
  }));
}

async function fresh(file: string): Promise<readonly string[] | undefined> {
  try {
    if (Date.now() - (await stat(file)).mtimeMs > FRESH_MS) return undefined;
    const names = JSON.parse(await readFile(file, "utf8")) as unknown;
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : undefined;
  } catch {
    return undefined;
  }
}

async function listed(
  host: string,
  directory: string,
  directories: Directories,
  cache: string,
  kept: string,
): Promise<readonly string[]> {
  const { value } = await load("host", host, join(directories.config, "hosts"), HostFile);
  // A program may ask for something, and nobody has called it.
  if (value.passwordFrom !== undefined && "command" in value.passwordFrom) return [];
  const settings = await hostSettings({ kind: "host", host, path: "" }, directories, {});
  const patience = process.env["FXPD_COMPLETION_TIMEOUT"];
  const signal = AbortSignal.timeout(patience ? parseDuration(patience) : PATIENCE_MS);
  await using client = await Client.connect(settings, undefined, signal);
  const names: string[] = [];
  for await (const { name, kind } of listDirectory(client, directory, Date.now(), signal)) {
    // What a shell could not hold on one line is not offered.
    if (printable(name) === name) names.push(kind === "directory" ? `${name}/` : name);
    if (names.length >= MOST) break;
  }
  await mkdir(cache, { recursive: true, mode: 0o700 })
    .then(() => writeFile(kept, JSON.stringify(names), { mode: 0o600 }))
    .catch(() => {});
  return names;
}

/** The commands as commander has them. */
function completable(command: Command): Completable {
  const { registeredArguments: args } = command;
  return {
    name: command.name(),
    summary: command.summary(),
    options: command.createHelp().visibleOptions(command).map(optionOf),
    arguments: args.map((one) => one.name()),
    isVariadic: args.at(-1)?.variadic ?? false,
    commands: command.createHelp().visibleCommands(command).map(completable),
  };
}

function optionOf({ short, long, description, flags }: Option) {
  const value = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description: description.split(/[:;(]/, 1)[0]?.trim() ?? "",
    ...(value === undefined ? {} : { value }),
  };
}
