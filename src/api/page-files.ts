import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Page } from "./page.ts";

/** What `npm run build` makes of `src/dashboard`: as far from here as from the bundle. */
const DIRECTORY = new URL("../../dist/dashboard/", import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** All files of the page; none where it was not built. */
export async function loadPage(): Promise<Page> {
  const names = await readdir(DIRECTORY).catch(() => []);
  const files = names.map(async (name) => {
    const body = new Uint8Array(await readFile(new URL(name, DIRECTORY)));
    const gzipped = new Uint8Array(await promisify(gzip)(body, { level: 9 }));
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    return [name === "index.html" ? "/" : `/assets/${name}`, { type, body, gzipped }] as const;
  });
  return new Map(await Promise.all(files));
}
