import type { Reply } from "../ftp/reply.ts";

/** What the first digit of a reply says (RFC 959 §4.2). */
export const FIRST_DIGIT: Readonly<Record<string, string>> = {
  "1": "preliminary: the action has begun, and another reply will say how it ended",
  "2": "completion: the action is done, and the next command may be sent",
  "3": "intermediate: the server waits for another command that belongs to this one",
  "4": "transient failure: nothing was done, and the same command may succeed later",
  "5": "permanent failure: nothing was done, and the same command will fail again",
  "6": "protected: the reply is inside (RFC 2228)",
};

/** What the second digit says (RFC 959 §4.2). */
export const SECOND_DIGIT: Readonly<Record<string, string>> = {
  "0": "syntax: of the command or its argument",
  "1": "information: status or help",
  "2": "connections: control or data connection",
  "3": "authentication and accounting: login",
  "4": "unspecified",
  "5": "file system: a file, a directory, or the space for them",
};

/** A reply code, or a class of them such as `4yz`, in words; undefined for what is none. */
export function explainCode(text: string): string | undefined {
  const [, first, second] = /^([1-6])([0-5yY])([0-9zZ])$/.exec(text) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const about = SECOND_DIGIT[second];
  return [
    `${text}: ${FIRST_DIGIT[first] ?? ""}`,
    ...(about === undefined ? [] : [`second digit ${second}: ${about}`]),
  ].join("\n");
}

/** A reply as the server sent it, line by line. */
export function replyLines({ code, lines }: Reply): readonly string[] {
  if (lines.length === 1) return [`${code} ${lines[0] ?? ""}`];
  return lines.map((line, index) =>
    index === 0 ? `${code}-${line}` : index === lines.length - 1 ? `${code} ${line}` : line,
  );
}

/** What a reply says, without its code: what the classic clients show where they are not verbose. */
export function replyText({ lines }: Reply): string {
  return lines.filter((line) => line.trim() !== "").join("\n");
}

/** What a server called a file that it stored under a name of its own choice (STOU; RFC 1123 §4.1.2.9). */
export function storedName(replies: readonly Reply[]): string | undefined {
  const text = replies.flatMap(({ lines }) => lines);
  const patterns = [
    /^FILE:\s*(\S.*?)\s*$/i,
    /unique (?:file )?name:? ?"?([^"]+?)"?\)?\.?$/i,
    /"([^"]+)"/,
    /\bfor (\S+?)\.?$/,
  ];
  for (const pattern of patterns)
    for (const line of text) {
      const name = pattern.exec(line)?.[1];
      if (name !== undefined) return name;
    }
  return undefined;
}
