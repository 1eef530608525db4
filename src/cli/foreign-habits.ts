/** What somebody writes who is used to another program, and what does the same here. */
interface Habit {
  /** Programs that have it. */
  readonly from: string;
  /** `%` stands for the value that was given; a sentence where nothing here is written in its place. */
  readonly here: string;
}

const RCLONE = "rclone";
const RSYNC = "rsync";
const LFTP = "lftp";
const WINSCP = "WinSCP";

const habit = (from: string, here: string): Habit => ({ from, here });

/** By the option's name, without its value. */
const OPTIONS: Readonly<Record<string, Habit>> = {
  "--transfers": habit(RCLONE, "--parallel %"),
  "--checkers": habit(RCLONE, "--parallel %"),
  "-P": habit(LFTP, "--parallel %"),
  "--ignore-existing": habit(`${RCLONE} and ${RSYNC}`, "--on-exists skip"),
  "--update": habit(`${RCLONE} and ${RSYNC}`, "--on-exists newer"),
  "-u": habit(`${RCLONE} and ${RSYNC}`, "--on-exists newer"),
  "--only-newer": habit(LFTP, "--on-exists newer"),
  "--only-missing": habit(LFTP, "--on-exists skip"),
  "--size-only": habit(`${RCLONE} and ${RSYNC}`, "--compare size (mirror)"),
  "--ignore-time": habit(LFTP, "--compare size (mirror)"),
  "--checksum": habit(`${RCLONE} and ${RSYNC}`, "--compare digest (mirror)"),
  "-c": habit(`${RCLONE} and ${RSYNC}`, "--compare digest (mirror)"),
  "--max-age": habit(RCLONE, "--newer-than % (mirror)"),
  "--backup-dir": habit(`${RCLONE} and ${RSYNC}`, "--trash % (mirror)"),
  "--delete-after": habit(`${RCLONE} and ${RSYNC}`, "--delete (mirror)"),
  "--delete-during": habit(`${RCLONE} and ${RSYNC}`, "--delete (mirror)"),
  "--delete-before": habit(`${RCLONE} and ${RSYNC}`, "--delete (mirror), which always deletes last"),
  "--delete-first": habit(LFTP, "--delete (mirror), which always deletes last"),
  "-e": habit(LFTP, "--delete (mirror)"),
  "--include-glob": habit(LFTP, "--include %"),
  "--exclude-glob": habit(LFTP, "--exclude %"),
  "-x": habit(LFTP, "--exclude re:%"),
  "--exclude-from": habit(`${RCLONE} and ${RSYNC}`, "--filter-from FILE, with a line - GLOB for each"),
  "--include-from": habit(`${RCLONE} and ${RSYNC}`, "--filter-from FILE, with a line + GLOB for each"),
  "--times": habit(RSYNC, "--preserve-times"),
  "-t": habit(RSYNC, "--preserve-times"),
  "-a": habit(RSYNC, "--preserve-times, which fxpd mirror does by default"),
  "--archive": habit(RSYNC, "--preserve-times, which fxpd mirror does by default"),
  "--just-print": habit(LFTP, "--dry-run"),
  "--low-level-retries": habit(RCLONE, "--retries %"),
  "--contimeout": habit(RCLONE, "--timeout %"),
  "--use-json-log": habit(RCLONE, "--json"),
  "--nopreservetime": habit(WINSCP, "no option: fxpd copy does not preserve times unless told to"),
  "-preservetime": habit(WINSCP, "--preserve-times"),
  "-resume": habit(WINSCP, "no option: fxpd resumes by default"),
  "--continue": habit(LFTP, "no option: fxpd resumes by default"),
  "--partial": habit(RSYNC, "no option: partial files are kept and resumed by default"),
  "-preview": habit(WINSCP, "--dry-run"),
  "-nooverwrite": habit(WINSCP, "--on-exists skip"),
};

const COMMANDS: Readonly<Record<string, Habit>> = {
  sync: habit(RCLONE, "fxpd mirror --delete SOURCE TARGET"),
  synchronize: habit(WINSCP, "fxpd mirror SOURCE TARGET"),
  cp: habit("cp", "fxpd copy SOURCE... TARGET"),
  copyto: habit(RCLONE, "fxpd copy SOURCE TARGET"),
  get: habit(`${LFTP} and ${WINSCP}`, "fxpd copy host:path ./"),
  pget: habit(LFTP, "fxpd copy host:path ./"),
  mget: habit(LFTP, "fxpd copy 'host:path/*' ./"),
  put: habit(`${LFTP} and ${WINSCP}`, "fxpd copy ./file host:path/"),
  mput: habit(LFTP, "fxpd copy './*' host:path/"),
  lsl: habit(RCLONE, "fxpd ls -R LOCATION"),
  lsf: habit(RCLONE, "fxpd ls LOCATION"),
  lsjson: habit(RCLONE, "fxpd ls --json LOCATION"),
  tree: habit(RCLONE, "fxpd ls -R LOCATION"),
  size: habit(RCLONE, "fxpd du -s LOCATION"),
  delete: habit(RCLONE, "fxpd rm LOCATION"),
  deletefile: habit(RCLONE, "fxpd rm LOCATION"),
  purge: habit(RCLONE, "fxpd rm -r LOCATION"),
  rmdir: habit(LFTP, "fxpd rm -r LOCATION"),
  mrm: habit(LFTP, "fxpd rm 'host:path/*'"),
  rename: habit("FTP clients", "fxpd mv FROM TO"),
  moveto: habit(RCLONE, "fxpd mv FROM TO, on one server"),
  open: habit(`${LFTP} and ${WINSCP}`, "fxpd ftp HOST"),
  queue: habit(LFTP, "fxpd submit JOB"),
  jobs: habit(LFTP, "fxpd runs"),
};

/** The option here, with the value that was given. */
function written(pattern: string, value: string | undefined): string {
  return pattern.replace("%", value ?? "VALUE");
}

/**
 * What an unknown option of the command line is called here.
 * @param option as the parser names it, such as `--transfers` or `--transfers=8`
 * @param args the whole command line
 * @returns a sentence; undefined where nobody is known to have such an option
 */
export function optionHere(option: string, args: readonly string[]): string | undefined {
  const [name = "", given] = option.split(/=(.*)/s);
  const found = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  if (found === undefined) return undefined;
  const after = args[args.indexOf(option) + 1];
  const isValue = args.includes(option) && after !== undefined && !after.startsWith("-");
  const value = given ?? (isValue && found.here.includes("%") ? after : undefined);
  const there = value === undefined ? name : given === undefined ? `${name} ${value}` : option;
  return `${there} (${found.from}) is ${written(found.here, value)} here`;
}

/** What an unknown command is called here; as {@link optionHere}. */
export function commandHere(name: string): string | undefined {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return found === undefined ? undefined : `${name} (${found.from}) is ${found.here} here`;
}

/** An error of the parser, with what the word is called here instead of its own guess. */
export function withHabit(message: string, args: readonly string[]): string {
  const [, kind, word = ""] = /unknown (option|command) '([^']*)'/.exec(message) ?? [];
  const here =
    kind === "option" ? optionHere(word, args) : kind === "command" ? commandHere(word) : undefined;
  if (here === undefined) return message;
  return `${message.replace(/\n\(Did you mean [^\n]*\)/, "").trimEnd()}\n(${here})\n`;
}
