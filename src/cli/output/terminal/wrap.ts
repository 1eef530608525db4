/** Where nobody says how wide the screen is, lines are left whole. */
const NO_WIDTH = 10_000;
/** Too narrow a rest is not worth wrapping. */
const MIN_REST = 24;

/** A text behind what is before it; what does not fit goes on below itself. */
export function hanging(before: string, text: string, width = NO_WIDTH): readonly string[] {
  const [first = "", ...rest] = wrapped(text, Math.max(width - before.length - 1, MIN_REST));
  return [`${before}${first}`.trimEnd(), ...rest.map((line) => " ".repeat(before.length) + line)];
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
