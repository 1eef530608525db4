import { parseLine, quoteWord } from "./grammar/words.ts";

/** A line as a history may keep it: commands that carry a password have lost it. */
export function withoutSecrets(line: string): string {
  const bare = line.replace(/([A-Za-z]+:\/\/[^\s:/@"]*):[^\s@"]*@/g, "$1@");
  const parsed = parseLine(bare);
  if (parsed === undefined) return bare;
  const { name, words } = parsed;
  const proxied = name === "proxy" ? 1 : 0;
  const command = proxied === 1 ? (words[0] ?? "") : name;
  const prefix = proxied === 1 ? `proxy ${command}` : command;
  if (/^us(e|er)?$/.test(command) && words.length > proxied + 1)
    return `${prefix} ${quoteWord(words[proxied] ?? "")}`;
  if (/^acc\w*$/.test(command)) return prefix;
  if (/^(quote|quo\w*|lit\w*)$/.test(command) && /^(pass|acct|adat)$/i.test(words[proxied] ?? ""))
    return `${prefix} ${words[proxied] ?? ""}`;
  if (/^(quote|quo\w*|lit\w*|site)$/.test(command) && /\b(pswd|gpass|adduser)\b/i.test(bare)) return prefix;
  return bare;
}
