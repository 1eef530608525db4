import { literal } from "../shared/name-pattern.ts";
import { encodeText } from "../shared/octets.ts";
import { isSecret, type Command } from "./command.ts";
import type { Reply } from "./reply.ts";

/**
 * Shorter ones are words of every reply: where they were masked, the mask would tell them. They are withheld with the
 * whole text of a reply that answers them, and only there.
 */
const SHORTEST = 4;

/** What we have sent on a connection and nobody else may see. */
export class Secrets {
  readonly #user: string;
  readonly #noted = new Set<string>();
  #long: RegExp | undefined;
  #short: RegExp | undefined;

  /** @param user who logs in; a password that is the same word is no secret any more */
  constructor(user = "") {
    this.#user = user;
  }

  /** Remembers what is secret in a command. */
  note(command: Command): void {
    const { argument } = command;
    if (!isSecret(command) || !argument || this.#noted.has(argument) || argument === this.#user) return;
    this.#noted.add(argument);
    const all = [...this.#noted];
    this.#long = patternOf(
      all.filter(({ length }) => length >= SHORTEST),
      this.#user,
    );
    this.#short = patternOf(
      all.filter(({ length }) => length < SHORTEST),
      this.#user,
    );
  }

  /** A text without them, wherever they are words of their own. */
  masked(text: string): string {
    return this.#long === undefined ? text : text.replace(this.#long, "***");
  }

  /** A reply as errors may quote it. @param answered the command that it answers */
  quotable(reply: Reply, answered?: Command): Reply {
    const isAnswer = answered !== undefined && isSecret(answered);
    if (
      isAnswer &&
      this.#short !== undefined &&
      reply.lines.some((line) => line.search(this.#short ?? "") >= 0)
    )
      return { code: reply.code, lines: ["(text hidden because it repeats the password)"] };
    if (this.#long === undefined || reply.lines.every((line) => line.search(this.#long ?? "") < 0))
      return reply;
    return { code: reply.code, lines: reply.lines.map((line) => this.masked(line)) };
  }
}

function patternOf(secrets: readonly string[], user: string): RegExp | undefined {
  if (secrets.length === 0) return undefined;
  const forms = secrets.flatMap((secret) => [wordOf(secret), ...encodedForms(secret, user).map(literal)]);
  return new RegExp(forms.join("|"), "g");
}

/** The secret in whatever mixture of escapes somebody writes it, and not as part of a longer word. */
function wordOf(secret: string): string {
  const letters = [...secret];
  const before = /^[\p{L}\p{N}]/u.test(secret) ? "(?<![\\p{L}\\p{N}])(?<!%[0-9A-Fa-f]?)" : "";
  const after = /[\p{L}\p{N}]$/u.test(secret) ? "(?![\\p{L}\\p{N}])" : "";
  return `${inAscii(before)}${letters.map(formsOf).join("")}${inAscii(after)}`;
}

/** The pattern is one without the flag `u`: stray octets are half characters. */
function inAscii(boundary: string): string {
  return boundary.replaceAll("\\p{L}\\p{N}", "A-Za-z0-9\\u00c0-\\u024f\\u0370-\\u1fff\\u3040-\\ud7ff");
}

/** One character as it is, percent-escaped, or as JSON, C and terminals write it. */
function formsOf(letter: string): string {
  const octets = [...encodeText(letter)];
  const percent = octets.map((octet) => `%${eitherCase(octet.toString(16).padStart(2, "0"))}`).join("");
  const code = letter.charCodeAt(0);
  const forms = [literal(letter), percent];
  if (letter === '"') forms.unshift('""', '\\\\+"');
  if (letter === "\\") forms.unshift("\\\\\\\\");
  if (letter === "\t") forms.push("\\\\t", "\\^I", "\\\\011", " +", "\\?");
  if (letter === " ") forms.push("\\+");
  if (code < 0x100 && /[^ -~]/.test(letter))
    forms.push(`\\\\x${eitherCase(code.toString(16).padStart(2, "0"))}`);
  if (letter.length === 1) forms.push(`\\\\u${eitherCase(code.toString(16).padStart(4, "0"))}`);
  return `(?:${forms.join("|")})`;
}

/** Base64, as `AUTH` mechanisms and HTTP write it, alone and with the user (RFC 4616, RFC 7617); the same for URLs. */
function encodedForms(secret: string, user: string): readonly string[] {
  const texts = [secret, `${user}:${secret}`, `\0${user}\0${secret}`];
  const forms = texts.flatMap((text) => {
    const octets = encodeText(text);
    return [octets.toString("base64").replace(/=+$/, ""), octets.toString("base64url")];
  });
  return [...new Set(forms)].filter(({ length }) => length >= 2 * SHORTEST - 2);
}

function eitherCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
