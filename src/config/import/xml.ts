import { ImportError } from "./imported.ts";

/** An element of an XML document, with what is in it in order. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Line on which it begins, 1 … */
  readonly line: number;
  readonly children: readonly (Element | string)[];
}

const MOST_DEPTH = 100;

/**
 * The part of XML that FileZilla writes: elements, attributes, text, CDATA, comments, and the five entities that need no
 * declaration. A document type, which could declare others that grow without bound, is refused.
 * @returns the outermost element
 * @throws ImportError with the line
 */
export function parseXml(text: string): Element {
  const reader = new Reader(text);
  reader.skipProlog();
  const root = reader.element(0);
  reader.skipProlog();
  if (!reader.isAtEnd()) throw reader.error("there is something after the end of the outermost element");
  return root;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** How far lines are counted. */
  #counted = 0;

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, "");
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  error(message: string): ImportError {
    return new ImportError(`line ${this.#lineHere()}: this is not the XML of a site manager: ${message}`);
  }

  /** White space, comments and processing instructions. */
  skipProlog(): void {
    for (;;) {
      this.#take(/[ \t\r\n]*/y);
      if (this.#startsWith("<!DOCTYPE")) throw this.error("it has a document type, which is not read");
      if (!this.#skipMarkup()) return;
    }
  }

  element(depth: number): Element {
    if (depth > MOST_DEPTH) throw this.error(`more than ${MOST_DEPTH} elements are nested`);
    const line = this.#lineHere();
    const name = this.#take(/<([A-Za-z_][\w.:-]*)/y)?.[1];
    if (name === undefined) throw this.error("expected an element");
    const attributes = this.#attributes();
    if (this.#take(/\/>/y)) return { name, attributes, line, children: [] };
    if (!this.#take(/>/y)) throw this.error(`the element ${name} is not closed by >`);
    const children: (Element | string)[] = [];
    for (;;) {
      const text = this.#take(/[^<]+/y)?.[0];
      if (text !== undefined) children.push(this.#decoded(text));
      else if (this.#startsWith("</")) break;
      else if (this.#startsWith("<![CDATA[")) children.push(this.#upTo("]]>", 9));
      else if (!this.#skipMarkup()) {
        if (this.isAtEnd()) throw this.error(`the element ${name} has no end`);
        children.push(this.element(depth + 1));
      }
    }
    const end = this.#take(/<\/([A-Za-z_][\w.:-]*)[ \t\r\n]*>/y)?.[1];
    if (end !== name) throw this.error(`the element ${name} of line ${line} ends with another name`);
    return { name, attributes, line, children };
  }

  #attributes(): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      const found = this.#take(
        /[ \t\r\n]+([A-Za-z_][\w.:-]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y,
      );
      if (!found) break;
      attributes.set(found[1] ?? "", this.#decoded(found[2] ?? found[3] ?? ""));
    }
    this.#take(/[ \t\r\n]*/y);
    return attributes;
  }

  #skipMarkup(): boolean {
    if (this.#startsWith("<!--")) this.#upTo("-->", 4);
    else if (this.#startsWith("<?")) this.#upTo("?>", 2);
    else return false;
    return true;
  }

  /** The text between what begins here and its end. */
  #upTo(end: string, begin: number): string {
    const at = this.#text.indexOf(end, this.#at + begin);
    if (at === -1) throw this.error(`there is no ${end}`);
    const text = this.#text.slice(this.#at + begin, at);
    this.#at = at + end.length;
    return text;
  }

  #decoded(text: string): string {
    return text.replace(/&([^;&<]{0,10})(;?)/g, (_, name: string, end: string) => {
      const letter = end === "" ? undefined : (NAMED.get(name) ?? numbered(name));
      if (letter === undefined) throw this.error("it has an entity that needs a declaration");
      return letter;
    });
  }

  #startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #lineHere(): number {
    for (; this.#counted < this.#at; this.#counted += 1)
      if (this.#text.charCodeAt(this.#counted) === 10) this.#line += 1;
    return this.#line;
  }
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** `#65` or `#x41`. */
function numbered(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
  const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
  const isLetter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isLetter ? String.fromCodePoint(code) : undefined;
}

/** The first element of a name directly inside another one. */
export function childOf(element: Element, name: string): Element | undefined {
  return element.children.find((child): child is Element => typeof child !== "string" && child.name === name);
}

/** The text directly inside an element, without white space at its ends; undefined where there is none. */
export function textOf(element: Element | undefined): string | undefined {
  const text = element?.children.filter((child) => typeof child === "string").join("");
  return text?.trim() || undefined;
}
