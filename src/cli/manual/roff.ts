/** A part of a manual page. */
export type Block =
  | { readonly kind: "section" | "subsection"; readonly title: string }
  /** Filled; blank lines separate paragraphs. */
  | { readonly kind: "text"; readonly text: string }
  /** A term, printed bold, and what it means. */
  | { readonly kind: "item"; readonly term: string; readonly text: string }
  /** Printed line by line, as it is. */
  | { readonly kind: "lines"; readonly text: string };

interface Heading {
  readonly name: string;
  /** Section of the manual, 1 to 8. */
  readonly section: number;
  /** Shown at the foot: the program with its version. */
  readonly source: string;
}

/** A manual page for `man`, in the macros of man(7); ASCII only, so that no locale matters. */
export function manualPage({ name, section, source }: Heading, blocks: readonly Block[]): string {
  const heading = `.TH ${quoted(name.toUpperCase())} ${section} "" ${quoted(source)} ${quoted(`${name} manual`)}`;
  // A heading begins a paragraph by itself.
  const text = [heading, ...blocks.map(roffOf)].join("\n").replaceAll(/^(\.S[HS] .*)\n\.PP$/gm, "$1");
  return `${text}\n`;
}

function roffOf(block: Block): string {
  switch (block.kind) {
    case "section":
      return `.SH ${quoted(block.title)}`;
    case "subsection":
      return `.SS ${quoted(block.title)}`;
    case "text":
      return paragraphs(block.text)
        .map((text) => `.PP\n${text}`)
        .join("\n");
    case "item":
      return `.TP\n\\fB${escaped(block.term)}\\fR\n${paragraphs(block.text).join("\n.IP\n")}`;
    case "lines":
      return `.PP\n.nf\n${linesOf(block.text).join("\n")}\n.fi`;
  }
}

function paragraphs(text: string): readonly string[] {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s+/g, " "))
    .filter((paragraph) => paragraph !== "")
    .map(escapedLine);
}

const linesOf = (text: string) => text.replace(/^\n+/, "").trimEnd().split("\n").map(escapedLine);

/** A line of text; one that begins with a dot or an apostrophe would be taken for a request. */
function escapedLine(line: string): string {
  return /^[.']/.test(line) ? `\\&${escaped(line)}` : escaped(line);
}

/** An argument of a macro. */
const quoted = (text: string) => `"${escaped(text.replaceAll(/\s+/g, " "))}"`;

/** What roff would read otherwise, or print as another character than the one that has to be typed. */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

/** Text as roff prints it character by character. */
export function escaped(text: string): string {
  return text.replaceAll(
    /[\\\-'`^~"]|[^\n\x20-\x7e]/gu,
    (character) =>
      SPECIAL[character] ??
      `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}
