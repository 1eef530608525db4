import { Refusal } from "./problem.ts";
import type { Http } from "./http.ts";

/** One file of the page, as it is sent. */
interface PageFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/** By path: `/`, and `/assets/NAME`, whose names change with what is in them. */
export type Page = ReadonlyMap<string, PageFile>;

/** The page has no secret in it: what it shows it has to ask for, with a token. @throws Refusal (404) */
export function pageFile(http: Http, { page }: { readonly page: Page }): Response {
  const { path } = http.req;
  const file = page.get(path);
  if (file === undefined)
    throw new Refusal(
      404,
      page.size === 0 ? "the page was not built; npm run build makes it" : "no such endpoint",
    );
  const isGzipped = /\bgzip\b/.test(http.req.header("accept-encoding") ?? "");
  return http.body(isGzipped ? file.gzipped : file.body, 200, {
    "Content-Type": file.type,
    "Cache-Control": path === "/" ? "no-cache" : "public, max-age=31536000, immutable",
    Vary: "Accept-Encoding",
    ...(isGzipped ? { "Content-Encoding": "gzip" } : {}),
  });
}
