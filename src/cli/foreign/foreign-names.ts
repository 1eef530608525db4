/** What somebody writes who is used to another program, and what does the same here. */
export interface Habit {
  /** Spellings, without a value. */
  readonly names: readonly string[];
  /** Programs that have it. */
  readonly from: string;
  /** `%` stands for the value that was given; a sentence where nothing here is written in its place. */
  readonly here: string;
  /** Applies to these commands only; absent: to those that have all options that `here` names. */
  readonly on?: readonly string[];
}

const RCLONE = "rclone";
const RSYNC = "rsync";
const BOTH = "rclone and rsync";
const LFTP = "lftp";
const WINSCP = "WinSCP";
const SCP = "scp";
const CURL = "curl";
const LS = "ls";

function row(names: string, from: string, here: string, ...on: readonly string[]): Habit {
  return { names: names.split(" "), from, here, ...(on.length === 0 ? {} : { on }) };
}

const COPIES = ["copy", "mirror", "run"] as const;

/** Options by their names there; one name may be of several programs. */
export const FOREIGN_OPTIONS: readonly Habit[] = [
  // How many at once.
  row("--transfers --checkers", RCLONE, "--parallel %"),
  row("-P", LFTP, "--parallel %", ...COPIES, "diff"),
  row("--use-pget-n --pget-n", LFTP, "--segments %"),
  row("--multi-thread-streams", RCLONE, "--segments %"),
  row("--limit-rate", CURL, "--bwlimit %"),
  row("-speed", WINSCP, "--bwlimit %"),
  // Which files are written.
  row("--ignore-existing", BOTH, "--on-exists skip"),
  row("--only-missing", LFTP, "--on-exists skip"),
  row("--update -u", BOTH, "--on-exists newer"),
  row("--only-newer", LFTP, "--on-exists newer"),
  row("-neweronly", WINSCP, "--on-exists newer"),
  row("-nooverwrite", WINSCP, "--on-exists skip"),
  row("-append -resume -resumesupport", WINSCP, "no option: fxpd resumes by default", ...COPIES),
  row("--continue", `${LFTP} and ${CURL}`, "no option: fxpd resumes by default", ...COPIES),
  row("--continue-at -C", CURL, "no option: fxpd resumes by default", ...COPIES),
  row("--partial", RSYNC, "no option: partial files are kept and resumed by default", ...COPIES),
  row("--append --append-verify", RSYNC, "no option: fxpd resumes what is proven to be the same", ...COPIES),
  row("--no-clobber", CURL, "--on-exists skip"),
  // What makes two files equal.
  row("--size-only", BOTH, "--compare size"),
  row("--ignore-time", LFTP, "--compare size"),
  row("--ignore-size", LFTP, "--compare time"),
  row("--checksum -c", BOTH, "--compare digest"),
  row("-criteria", WINSCP, "--compare %; both is --compare size+time"),
  row("--modify-window", BOTH, "no option: fxpd knows the precision of each listing"),
  row("--ignore-checksum", RCLONE, "--verify size"),
  // Which files are looked at.
  row("--max-age", RCLONE, "--newer-than %"),
  row("--min-age", RCLONE, "--older-than %"),
  row("-N", LFTP, "--newer-than %", "mirror"),
  row("--include-glob -I", LFTP, "--include %"),
  row("--exclude-glob -X", LFTP, "--exclude %"),
  row("-x", LFTP, "--exclude re:%", ...COPIES, "diff", "filter"),
  row("-i", LFTP, "--include re:%", "diff", "filter"),
  row("-filemask", WINSCP, "--include and --exclude; % has both in one"),
  row("--filter -f", BOTH, "--include GLOB or --exclude GLOB", ...COPIES, "diff", "filter"),
  row("--exclude-from", BOTH, "--filter-from FILE, with a line - GLOB for each"),
  row("--include-from", BOTH, "--filter-from FILE, with a line + GLOB for each"),
  row("--exclude-rx-from --exclude-glob-from", LFTP, "--filter-from FILE, with a line - GLOB for each"),
  row("--exclude-if-present", RCLONE, "--leave-if %"),
  row("--no-recursion", LFTP, "--max-depth 1"),
  row("--depth --maxdepth --level -L", "wget and find", "--max-depth %"),
  row("--copy-links -L", BOTH, "--links follow"),
  row("--dereference", LFTP, "--links follow"),
  row("--skip-links", RCLONE, "--links skip"),
  row("--no-symlinks", LFTP, "--links skip"),
  // Sources that are gone afterwards.
  row("-delete", WINSCP, "--source-after delete, or fxpd move", "copy"),
  row("--delete-empty-src-dirs", RCLONE, "--delete-empty-source-dirs", "copy", "run"),
  row("--remove-source-files", RSYNC, "--source-after delete, or fxpd move", "copy", "run"),
  row(
    "--Remove-source-files --Remove-source-dirs",
    LFTP,
    "fxpd move, which can delete directories, too",
    "copy",
    "mirror",
  ),
  // Deletions.
  row("--delete", BOTH, "fxpd mirror, which has this option", "copy"),
  row("--delete-after --delete-during --del --delete-delay", BOTH, "--delete", "mirror"),
  row("--delete-before", BOTH, "--delete, which always deletes last", "mirror"),
  row("--delete-first", LFTP, "--delete, which always deletes last", "mirror"),
  row("-e", LFTP, "--delete", "mirror"),
  row("-delete", WINSCP, "--delete", "mirror"),
  row("--delete-excluded", BOTH, "no option: fxpd never deletes what is excluded", "mirror"),
  row("--backup-dir", BOTH, "--trash %"),
  row("--track-renames --fuzzy", BOTH, "--detect-renames"),
  row("--force", RSYNC, "--max-delete 100%", "mirror"),
  // What comes along.
  row("--times -t", RSYNC, "--preserve-times"),
  row("-preservetime", WINSCP, "--preserve-times"),
  row("-p", SCP, "--preserve-times", ...COPIES),
  row("-a --archive", RSYNC, "--preserve-times, which fxpd mirror does by default"),
  row("--remote-time -R", CURL, "--preserve-times", ...COPIES),
  row("--no-times --omit-dir-times -O", RSYNC, "no option: fxpd sets no times of directories", ...COPIES),
  row("--no-update-modtime", RCLONE, "--no-preserve-times"),
  row("--nopreservetime -nopreservetime", WINSCP, "--no-preserve-times"),
  row("--perms", RSYNC, "--permissions"),
  row("--no-perms", LFTP, "no option: fxpd sets no permissions unless --permissions is given", ...COPIES),
  row("-permissions", WINSCP, "fxpd chmod % LOCATION afterwards", ...COPIES),
  row(
    "-nopermissions",
    WINSCP,
    "no option: fxpd sets no permissions unless --permissions is given",
    ...COPIES,
  ),
  row("--ftp-create-dirs", CURL, "no option: missing directories are created", ...COPIES),
  row("--mkpath", RSYNC, "no option: missing directories are created", ...COPIES),
  row(
    "--recursive -r",
    `${RSYNC} and ${SCP}`,
    "no option: directories are copied with all their contents",
    ...COPIES,
  ),
  row("--target-directory", LFTP, "the last location: fxpd copy SOURCE... %/", "copy"),
  row("-o --output", CURL, "the last location: fxpd copy SOURCE ./%", "copy"),
  row("-O --remote-name", CURL, "./ as the last location", "copy"),
  row("-T --upload-file", CURL, "a source: fxpd copy ./% host:path/", "copy"),
  row(
    "--reverse -R",
    LFTP,
    "no option: the source is the first location, fxpd mirror ./dir host:dir",
    "mirror",
  ),
  row("-mirror", WINSCP, "no option: fxpd mirror makes the target equal to the source", "mirror"),
  row("--ascii", LFTP, "--type ascii"),
  row("--use-ascii -B", CURL, "--type ascii"),
  row("-transfer", WINSCP, "--type ascii or --type image"),
  // Trying, repeating, waiting.
  row("--just-print --script", LFTP, "--dry-run"),
  row("-preview", WINSCP, "--dry-run"),
  row("--low-level-retries", RCLONE, "--retries %"),
  row("--retry", CURL, "--retries %"),
  row("--contimeout", BOTH, "--timeout %"),
  row("--connect-timeout --max-time", CURL, "--timeout %"),
  row("-m", CURL, "--timeout %", ...COPIES, "ls", "cat"),
  row("-timeout", WINSCP, "--timeout %"),
  // Connections.
  row("--ssl --ftp-ssl", CURL, "--tls prefer"),
  row("--ssl-reqd --ftp-ssl-reqd", CURL, "--tls required"),
  row("-explicit", WINSCP, "--tls required, or ftpes:// in the location"),
  row("-implicit", WINSCP, "ftps:// in the location, or tls: implicit in config/hosts"),
  row("-certificate", WINSCP, "tls.fingerprint in config/hosts/HOST.yaml"),
  row(
    "--insecure -k --no-check-certificate",
    `${CURL}, ${RCLONE} and wget`,
    "tls.fingerprint in config/hosts/HOST.yaml",
  ),
  row("--user -u", CURL, "USER@ in the location, or user in config/hosts/HOST.yaml"),
  row("--netrc", CURL, "no option: ~/.netrc is read"),
  row("-P --port", SCP, "the port in the location: ftp://host:%/path"),
  row("--rsh -e", RSYNC, "no option: fxpd speaks FTP; tls in config/hosts/HOST.yaml encrypts it"),
  row("--ftp-pasv --ftp-port --disable-epsv", CURL, "no option: fxpd tries both directions, --fxp says how"),
  // What is shown.
  row("--use-json-log", RCLONE, "--json"),
  row(
    "-P --progress --stats-one-line",
    RCLONE,
    "--stats TIME; on a terminal the progress is always shown",
    ...COPIES,
  ),
  row("--info", RSYNC, "--stats TIME", ...COPIES),
  row("--stats-one-line-date", RCLONE, "--one-line"),
  row("--log-level", RCLONE, "--verbose, once or twice"),
  row("-log -logfile --log", `${WINSCP} and ${LFTP}`, "--log-file %"),
  row("-confirm", WINSCP, "--interactive"),
  row("--trace --trace-ascii", CURL, "--verbose, twice"),
  row("-s --silent", CURL, "--quiet"),
  row("-S --show-error", CURL, "no option: errors are always shown"),
  row("-l", `${LS} and ${RSYNC}`, "no option: the listing is long by default", "ls"),
  row("-l --list-only", CURL, "fxpd ls LOCATION", ...COPIES),
  row("-a --all -A", LS, "no option: names that begin with a dot are shown", "ls"),
  row("-t", LS, "--sort time", "ls"),
  row("-S", LS, "--sort size", "ls"),
  row("-r --max-depth", `${LS} and ${RCLONE}`, "-R, or no option for one directory", "ls"),
  row("--human", RSYNC, "--human-readable", "du"),
  row("-R", LS, "-r", "rm"),
  row("-p", "cp and touch", "--time WHEN", "touch"),
  row("-d --date -t", "touch", "--time %", "touch"),
  row("-c", "touch", "--no-create", "touch"),
  row("--no-clobber", "mv", "no option: fxpd mv refuses a name that is taken", "mv"),
  row("-R --recursive", "chmod", "no option: name the files, or use --permissions of fxpd mirror", "chmod"),
  row("-c --total", "du", "-s", "du"),
  row("-d", "du", "--max-depth %", "du"),
  row("-m --mode", "mkdir", "no option: fxpd chmod sets permissions afterwards", "mkdir"),
  row("-z --compress", RSYNC, "no option: FTP servers do not compress", ...COPIES),
  // What some commands have, and others do not.
  row("--log-file", "fxpd copy", "no option: append >> FILE 2>&1 to the command line"),
  row("--stats --one-line", "fxpd copy", "no option: nothing is copied; --quiet prints errors only"),
];

/** Commands by their names there. */
export const FOREIGN_COMMANDS: readonly Habit[] = [
  row("sync", RCLONE, "fxpd mirror --delete SOURCE TARGET"),
  row("bisync", RCLONE, "no command: fxpd mirror makes one side equal to the other, never both"),
  row("synchronize", WINSCP, "fxpd mirror SOURCE TARGET"),
  row("keepuptodate", WINSCP, "a job with watch, or with a schedule, and fxpd daemon"),
  row("rsync scp cp", "rsync, scp and cp", "fxpd copy SOURCE... TARGET"),
  row("copyto copyurl", RCLONE, "fxpd copy SOURCE TARGET"),
  row("get pget", `${LFTP} and ${WINSCP}`, "fxpd copy host:path ./"),
  row("reget", "FTP clients", "fxpd copy host:path ./, which resumes"),
  row("mget", LFTP, "fxpd copy 'host:path/*' ./"),
  row("put", `${LFTP} and ${WINSCP}`, "fxpd copy ./file host:path/"),
  row("mput", LFTP, "fxpd copy './*' host:path/"),
  row("fxp", "FXP clients", "fxpd copy --fxp only A:path B:path"),
  row("cryptcheck", RCLONE, "fxpd diff SOURCE TARGET"),
  row("dir cls nlist list", "FTP clients", "fxpd ls LOCATION"),
  row("lsl tree find", `${RCLONE} and ${LFTP}`, "fxpd ls -R LOCATION"),
  row("lsf lsd", RCLONE, "fxpd ls LOCATION"),
  row("lsjson", RCLONE, "fxpd ls --json LOCATION"),
  row("stat", WINSCP, "fxpd ls --json LOCATION"),
  row("size ncdu", RCLONE, "fxpd du -s LOCATION"),
  row("more less zcat type", LFTP, "fxpd cat LOCATION"),
  row("rcat", RCLONE, "fxpd copy ./file host:path"),
  row("delete deletefile", RCLONE, "fxpd rm LOCATION"),
  row("del", "FTP clients", "fxpd rm LOCATION"),
  row("purge", RCLONE, "fxpd rm -r LOCATION"),
  row("rmdir rmdirs", `${LFTP} and ${RCLONE}`, "fxpd rm -r LOCATION"),
  row("mrm", LFTP, "fxpd rm 'host:path/*'"),
  row("mkd md", "FTP clients", "fxpd mkdir LOCATION"),
  row("rename ren", "FTP clients", "fxpd mv FROM TO"),
  row("moveto", RCLONE, "fxpd mv FROM TO, on one server"),
  row("open connect lftp", `${LFTP} and ${WINSCP}`, "fxpd ftp HOST"),
  row("call quote site", `${WINSCP} and ${LFTP}`, "fxpd ftp -c 'quote COMMAND' HOST"),
  row("features about", `${LFTP} and ${RCLONE}`, "fxpd probe HOST"),
  row(
    "hashsum md5sum sha1sum checksum",
    `${RCLONE} and ${WINSCP}`,
    "fxpd diff --compare digest SOURCE TARGET",
  ),
  row("queue at", LFTP, "fxpd submit JOB"),
  row("jobs wait", LFTP, "fxpd runs"),
  row("kill stop", LFTP, "fxpd cancel RUN"),
  row("serve rcd start", RCLONE, "fxpd daemon"),
  row("status list-jobs", "transfer suites", "fxpd runs"),
];
