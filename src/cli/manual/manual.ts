import type { Command, HelpContext, Option } from "commander";
import { COMMON_OPTIONS } from "../command-line.ts";
import { type Block, manualPage } from "./roff.ts";

/** The manual page of the command line: all commands and options as `--help` shows them, and what surrounds them. */
export function manualOf(program: Command, version: string): string {
  const name = program.name();
  const commands = leavesOf(program);
  const common = commonOptions(commands);
  return manualPage({ name, section: 1, source: `${name} ${version}` }, [
    { kind: "section", title: "NAME" },
    {
      kind: "text",
      text: `${name} - copy and mirror files between FTP servers, directly from server to server`,
    },
    { kind: "section", title: "SYNOPSIS" },
    { kind: "lines", text: commands.map(synopsisOf).join("\n") },
    { kind: "section", title: "DESCRIPTION" },
    { kind: "text", text: program.description() },
    ...textAfter(program, ""),
    { kind: "section", title: "COMMANDS" },
    ...commands.flatMap((command) => commandBlocks(command, textOf(program))),
    { kind: "section", title: "COMMON OPTIONS" },
    { kind: "text", text: "Most commands have these as well; fxpd COMMAND --help shows which." },
    ...common.map(optionItem),
    ...SURROUNDINGS,
  ]);
}

/** Commands that do something, those of groups such as `host` included. */
function leavesOf(command: Command): readonly Command[] {
  const inner = command.commands.filter((one) => one.name() !== "help");
  return inner.flatMap((one) => (one.commands.length === 0 ? [one] : leavesOf(one)));
}

function commandBlocks(command: Command, textOfProgram: string): readonly Block[] {
  const options = command.options.filter((option) => option.helpGroupHeading !== COMMON_OPTIONS);
  const described = command.registeredArguments.filter(({ description }) => description !== "");
  return [
    { kind: "subsection", title: synopsisOf(command) },
    { kind: "text", text: sentence(command.description()) },
    ...described.map((one): Block => ({ kind: "item", term: one.name(), text: one.description })),
    ...options.filter(({ hidden }) => !hidden).map(optionItem),
    ...textAfter(command, textOfProgram),
  ];
}

function commonOptions(commands: readonly Command[]): readonly Option[] {
  const all = commands.flatMap(({ options }) => options);
  const common = all.filter((option) => option.helpGroupHeading === COMMON_OPTIONS);
  return [...new Map(common.map((option) => [option.flags, option])).values()];
}

const optionItem = ({ flags, description }: Option): Block => ({
  kind: "item",
  term: flags,
  text: description,
});

function synopsisOf(command: Command): string {
  const { parent } = command;
  const path = parent?.parent ? [parent.parent.name(), parent.name()] : [parent?.name() ?? ""];
  return [...path, command.name(), command.usage()].join(" ");
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;

/** What is behind the options in a command's help, without what the page says once for all. */
function textAfter(command: Command, once: string): readonly Block[] {
  const all = textOf(command);
  const text = once === "" ? all : all.replace(once.trim(), "");
  return text.trim() === "" ? [] : [{ kind: "lines", text: text.replaceAll(/\n{3,}/g, "\n\n") }];
}

function textOf(command: Command): string {
  let text = "";
  const write = (part: string) => void (text += part);
  // The typings leave out that a command is an EventEmitter; its help is written by its listeners.
  const emitter = command as unknown as { emit(event: string, context: AfterHelp): boolean };
  emitter.emit("afterHelp", { error: false, command, write });
  return text;
}

interface AfterHelp extends HelpContext {
  readonly command: Command;
  readonly write: (part: string) => void;
}

const section = (
  title: string,
  items: readonly (readonly [term: string, text: string])[],
): readonly Block[] => [
  { kind: "section", title },
  ...items.map(([term, text]): Block => ({ kind: "item", term, text })),
];

const SURROUNDINGS: readonly Block[] = [
  ...section("EXIT STATUS", [
    ["0", "Success: everything requested was done."],
    ["1", "Some files failed, or two directories differ."],
    ["2", "Wrong options or configuration; nothing has been done."],
    ["3", "No server, or no Redis, could be reached or let us in; nothing has been done."],
    ["4", "A safeguard refused the run; nothing has been deleted."],
    ["130", "Interrupted."],
    ["141", "The reader of the output has closed it."],
  ]),
  ...section("ENVIRONMENT", [
    ["FXPD_CONFIG", "Directory of the configuration, unless --config names one."],
    ["FXPD_JOBS", "Directory of the jobs, unless --jobs names one."],
    [
      "FXPD_STATE",
      "Directory for state that is kept between runs (default: fxpd in $XDG_STATE_HOME, else ~/.local/state/fxpd).",
    ],
    ["XDG_CACHE_HOME", "Where listings for completion and a downloaded Redis are kept; default: ~/.cache."],
    ["NETRC", "File with logins to use instead of ~/.netrc."],
    ["CREDENTIALS_DIRECTORY", "Where files named by passwordFrom are looked for; set by systemd."],
    ["FXPD_COMPLETION_TIMEOUT", "How long completion waits for a server: 10s; default: 3s."],
    ["NO_COLOR", "No colors, unless --color always is given."],
  ]),
  ...section("FILES", [
    [
      "./config, ~/.config/fxpd, /etc/fxpd",
      "Where the configuration is looked for; the first that contains hosts/ is used.",
    ],
    ["hosts/NAME.yaml", "A host: the address of a server, its user, where its password comes from, TLS."],
    ["daemon.yaml", "Settings of the daemon: Redis, API, notifications."],
    [
      "jobs/NAME.yaml",
      "A job: what to copy or mirror, and when; in or beside the directory of the configuration.",
    ],
    ["~/.netrc", "Logins for hosts without passwordFrom."],
    [
      "~/.local/state/fxpd",
      "Routes, transfers in progress, finished files, audit trail, and the private Redis.",
    ],
  ]),
];
