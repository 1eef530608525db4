/**
 * What moves a cursor, gives orders to a terminal, turns the direction of text, or is not seen at all: control characters
 * (C0, C1, DEL), format characters (bidirectional controls, zero-width ones, tags), line separators, what has no width of
 * its own, and halves of characters, which is how stray bytes come (see `decodeText`).
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;
/** The same, but for what JSON escapes by itself, or has between its values. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;
const PLAIN = /^[ -~]*$/;
const PLAIN_JSON = /^[\n -~]*$/;

/**
 * Foreign text as a person may be shown it, on one line: what is not safe to show is written out, so that a name cannot
 * move the cursor, hide, or pass for another. `\x9b`, `\u202e`, `\u{e0041}`; a stray byte is `\xff`.
 */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escaped);
}

function escaped(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
}

/** A value as JSON whose text is as safe to show as {@link printable}'s, and whose value is unchanged. */
export function jsonText(value: unknown, indent?: number): string {
  return safeJson(JSON.stringify(value, undefined, indent));
}

/** JSON that somebody else has written, made safe to show; its value is unchanged. */
export function safeJson(json: string): string {
  return PLAIN_JSON.test(json)
    ? json
    : json.replace(UNSAFE_IN_JSON, (letter) =>
        Array.from({ length: letter.length }, (_, at) => `\\u${hex(letter.charCodeAt(at))}`).join(""),
      );
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, "0");
}

/** A sentence about a location; that of a login directory ends in a colon itself, as in `edge:`. */
export function about(location: string, words: string): string {
  return location.endsWith(":") ? `${location} ${words}` : `${location}: ${words}`;
}

/** The same; a sentence that begins with the location stays as it is. */
export function aboutOnce(location: string, words: string): string {
  return words.startsWith(about(location, "")) ? words : about(location, words);
}
