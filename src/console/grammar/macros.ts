/** A macro's lines with the words that it was called with: `$1` to `$9`, `\` before a character that means itself. */
export function expandMacro(lines: readonly string[], words: readonly string[]): readonly string[] {
  // `$i` stands for each word in turn: all lines are carried out once for each.
  const isLoop = lines.some((line) => /(^|[^\\])(\\\\)*\$i/i.test(line));
  const rounds: readonly (string | undefined)[] = isLoop ? words : [undefined];
  return rounds.flatMap((round) => lines.map((line) => expandLine(line, words, round)));
}

function expandLine(line: string, words: readonly string[], round: string | undefined): string {
  return line.replace(
    /\\(.)|\$([1-9]|i)/gi,
    (whole, escaped: string | undefined, name: string | undefined) => {
      if (escaped !== undefined) return escaped;
      if (name === undefined) return whole;
      return /i/i.test(name) ? (round ?? "") : (words[Number(name) - 1] ?? "");
    },
  );
}
