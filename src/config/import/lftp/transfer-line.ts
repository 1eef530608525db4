/** What a line of `get`, `put`, `mget` or `mput` says. */
interface TransferLine {
  readonly isUpload: boolean;
  readonly isGlob: boolean;
  readonly sources: readonly string[];
  readonly target: string;
  readonly isDirectory: boolean;
  readonly deletesSource: boolean;
  /** Whether it goes on with a file that is there in part. */
  readonly isContinued: boolean;
  /** The connections of `pget`, as the job says them. */
  readonly segments: { readonly segments?: number };
}

/** Connections for each file, as `segments` of a job says them: 16 at most. */
export function segmentsOf(count: string): { readonly segments?: number } {
  const segments = Math.min(Math.floor(Number(count)), 16);
  return segments > 1 ? { segments } : {};
}

/** @returns why it cannot be a job, where it cannot */
export function transferOf(name: string, words: readonly string[]): TransferLine | string {
  const isUpload = name.includes("put");
  const isGlob = name.startsWith("m");
  const sources: string[] = [];
  let count = name === "pget" ? "5" : "1";
  let base: string | undefined;
  let as: string | undefined;
  let [deletesSource, isContinued] = [false, name.startsWith("re")];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "-O") base = words[(at += 1)];
    else if (word === "-n" && name === "pget") count = words[(at += 1)] ?? "";
    else if (word === "-P" || word === "-n" || word === "-q") at += 1;
    else if (word === "-o" && !isGlob) {
      if (sources.length > 1) return "it gives names to several files; use a line for each";
      as = words[(at += 1)];
    } else if (/^-[a-zA-Z]+$/.test(word)) {
      if (word.includes("a")) return "files are copied byte for byte, and -a changes the ends of their lines";
      if (word.includes("d")) return "a job cannot say which directories to create for it";
      deletesSource ||= word.includes("E");
      // What is there is deleted first (-e), or gone on with.
      isContinued ||= /[ce]/.test(word);
    } else sources.push(word);
  }
  if (sources.length === 0) return "it names no file";
  if (as !== undefined && sources.length > 1) return "it gives names to several files; use a line for each";
  const directory = base ?? (isUpload ? "." : "./");
  const target = as === undefined ? directory : base === undefined ? as : `${base.replace(/\/$/, "")}/${as}`;
  const isDirectory = as === undefined;
  return {
    isUpload,
    isGlob,
    sources,
    target,
    isDirectory,
    deletesSource,
    isContinued,
    segments: segmentsOf(count),
  };
}
