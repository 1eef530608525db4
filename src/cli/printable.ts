/**
 * Text from a server as a terminal may show it: control characters, direction marks and stray octets are
 * written out, so that a name cannot move the cursor or pass for another.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (letter) => {
    const code = letter.charCodeAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/g;
