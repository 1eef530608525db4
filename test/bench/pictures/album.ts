import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { until } from "../../support/until.ts";

const WIDTHS = [1280, 390] as const;
const SCHEMES = ["light", "dark"] as const;
/** Of a picture, in pixels: of long lists the beginning is enough. */
const TALLEST = 2_600;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const WAIT = { timeout: 30_000 };

export interface Shot {
  /** Of the file. */
  readonly name: string;
  /** What is behind `#/`. */
  readonly path: string;
  /** What is done, or waited for, before the picture is taken. */
  readonly before?: (page: Page) => Promise<unknown>;
}

/** Pictures of pages at two widths, light and dark; and what axe, or a page that is too wide, has to say of them. */
export class Album {
  readonly #browser: Browser;
  readonly #directory: string;
  readonly #only: RegExp;
  readonly #axe: string;

  private constructor(browser: Browser, directory: string, only: RegExp, axe: string) {
    this.#browser = browser;
    this.#directory = directory;
    this.#only = only;
    this.#axe = axe;
  }

  /** @param only which pictures, by name */
  static async open(browser: Browser, directory: string, only: RegExp): Promise<Album> {
    await mkdir(directory, { recursive: true });
    return new Album(browser, directory, only, await readFile(AXE, "utf8"));
  }

  /**
   * @param token undefined: nobody signs in
   * @param undo what is done after the last picture of each width, so that the next one begins as the first did
   */
  async take(
    base: string,
    token: string | undefined,
    shots: readonly Shot[],
    undo: () => unknown = () => {},
  ): Promise<void> {
    const wanted = shots.filter(({ name }) => this.#only.test(name));
    if (wanted.length === 0) return;
    for (const width of WIDTHS) {
      const context = await this.#browser.newContext({ viewport: { width, height: 800 } });
      const page = await context.newPage();
      page.on("pageerror", ({ message }) => process.stdout.write(`error on the page: ${message}\n`));
      await page.goto(base);
      if (token !== undefined) await signIn(page, token);
      for (const shot of wanted) await this.#picture(page, base, width, shot);
      await context.close();
      await undo();
    }
  }

  async #picture(page: Page, base: string, width: number, { name, path, before }: Shot): Promise<void> {
    await page.goto(`${base}/#/${path}`);
    await page.getByRole("heading").first().waitFor(WAIT);
    await until(
      async () => (await page.getByText("Loading…").count()) === 0,
      () => `${path} has loaded`,
    );
    await before?.(page);
    await page.evaluate("scrollTo(0, 0)");
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (wide > width) process.stdout.write(`${name}: ${wide} pixels wide at ${width}\n`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const file = join(this.#directory, `${name}-${width}-${colorScheme}.png`);
      const height = await page.evaluate<number>("document.documentElement.scrollHeight");
      const clip = { x: 0, y: 0, width, height: Math.min(height, TALLEST) };
      await page.screenshot({ path: file, fullPage: true, clip });
      for (const fault of await this.#faults(page))
        process.stdout.write(`${name} at ${width}, ${colorScheme}: ${fault}\n`);
    }
    await page.emulateMedia({ colorScheme: "light" });
  }

  async #faults(page: Page): Promise<readonly string[]> {
    // The page's policy lets in no script of ours: the browser's debugger evaluates it.
    await page.evaluate(this.#axe);
    const { violations } = await page.evaluate<{
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
    }>("axe.run()");
    return violations.map(({ id, impact, nodes }) => `${impact}: ${id}: ${nodes[0]?.html}`);
  }
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").waitFor(WAIT);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Jobs" }).waitFor(WAIT);
}
