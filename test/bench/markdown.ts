/**
 * A Markdown table whose columns are aligned in the text too.
 * @param lines the head, then the rows; all of the same length
 */
export function alignedTable(
  lines: readonly (readonly string[])[],
  sides: readonly ("left" | "right")[],
): string {
  const widths = sides.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0), 3));
  const [head, ...rows] = lines.map((line) =>
    line.map((cell, column) =>
      sides[column] === "left" ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  const rule = widths.map((width, column) =>
    sides[column] === "left" ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [head ?? [], rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
