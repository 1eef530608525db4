import sax from "sax";
import { ImportError } from "./imported.ts";

/** An element of an XML document, with what is in it in order. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Line on which its start tag ends, 1 … */
  readonly line: number;
  readonly children: readonly (Element | string)[];
}

interface OpenElement extends Element {
  readonly children: (Element | string)[];
}

/** Site managers nest folders a few deep; whoever walks the elements recurses once for each level. */
const MAX_DEPTH = 100;

/**
 * An XML document as elements. A document type is refused, because it could declare entities that grow without bound.
 * @returns the outermost element
 * @throws ImportError with the line, for what is not well-formed or nested more than 100 deep
 */
export function parseXml(text: string): Element {
  const parser = sax.parser(true, { position: true });
  const fail = (message: string): never => {
    throw new ImportError(`line ${parser.line + 1}: this is not the XML of a site manager: ${message}`);
  };
  const document: OpenElement = { name: "", attributes: {}, line: 1, children: [] };
  const open = [document];
  const addText = (found: string) => {
    open.at(-1)?.children.push(found);
  };
  parser.onerror = ({ message }) => fail(message.replace(/\.?\n[^]*/, ""));
  parser.ondoctype = () => fail("it has a document type, which is not read");
  parser.onopentag = ({ name, attributes }) => {
    if (open.length > MAX_DEPTH) fail(`more than ${MAX_DEPTH} elements are nested`);
    const element = { name, attributes, line: parser.line + 1, children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  };
  parser.onclosetag = () => {
    open.pop();
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.write(text.replace(/^\ufeff/, "")).close();
  const [root, another] = document.children.filter((child) => typeof child !== "string");
  if (another !== undefined) fail(`there is something after the end of the element ${root?.name}`);
  return root ?? fail("it has no element");
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
