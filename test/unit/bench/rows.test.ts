import { expect, test } from "vitest";
import { FAMILIES } from "../../servers/index.ts";
import { parseOptions } from "../../bench/options.ts";
import { limitFor, rowsFor } from "../../bench/rows.ts";

const rows = (...args: readonly string[]) => rowsFor(parseOptions(args));

test("every row has a name of its own, fxpd first, and time enough for a slow client", () => {
  const all = rows("--all");
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const row of all) {
    expect(row.clients[0]?.name).toBe("fxpd");
    // Eight waits for each file and 50 MB/s are slow.
    const slowMs = (row.files * row.roundTripMs * 8) / row.lanes + (row.files * row.octetsPerFile) / 50_000;
    expect(limitFor(row)).toBeGreaterThan(slowMs);
    expect(Number.isInteger(limitFor(row))).toBe(true);
  }
});

test("small files go between two of each family and two different ones, near and far", () => {
  const names = rows("--only", "small-0", "--only", "small-50-vsftpd").map(({ name }) => name);
  const near = ["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib", "mixed"].map((label) => `small-0-${label}`);
  expect(names).toEqual([...near, "small-50-vsftpd"]);
});

test("a quick run has some of the rows with less in them; by its name any row is quick", () => {
  const [full, quick] = [rows("--all"), rows("--quick")];
  expect(quick.length).toBeGreaterThan(10);
  const octets = ({ files, octetsPerFile }: (typeof full)[number]) => files * octetsPerFile;
  for (const less of quick) {
    const row = full.find(({ name }) => name === less.name);
    if (row?.name !== "start-ls") expect(octets(less)).toBeLessThan(row === undefined ? 0 : octets(row));
  }
  expect(rows("--quick", "--only", "mirror-dry-20-pyftpdlib")).toHaveLength(1);
});

test("without an option the rows of the README run: more than in a quick run, fewer than all", () => {
  const [all, standard, quick] = [["--all"], [], ["--quick"]].map((args) =>
    rows(...args).map(({ name }) => name),
  );
  expect(all).toEqual(expect.arrayContaining(standard ?? []));
  expect(standard).toEqual(expect.arrayContaining(quick ?? []));
  expect(standard?.length).toBeGreaterThan(quick?.length ?? 0);
  expect(all?.length).toBeGreaterThan(standard?.length ?? 0);
  expect(() => rows("--quick", "--all")).toThrow("--quick and --all cannot be combined");
});

test("mirrors are looked at on every family, at three distances, and a peer may not take minutes", () => {
  for (const family of FAMILIES)
    for (const roundTripMs of [0, 20, 50])
      for (const kind of ["dry", "again"]) {
        const [row] = rows("--only", `mirror-${kind}-${roundTripMs}-${family}`);
        expect(row).toMatchObject({ source: family, target: family, roundTripMs });
        expect(row?.limitMs).toBeLessThanOrEqual(60_000);
      }
});

test("--files sets the length of lists, and leaves large files alone", () => {
  const lengths = new Map(rows("--all", "--files", "7").map(({ name, files }) => [name, files]));
  expect([
    lengths.get("small-50-mixed"),
    lengths.get("many-1000-lanes-4-mixed"),
    lengths.get("large"),
  ]).toEqual([7, 7, 1]);
});

test("--client leaves the clients that are named", () => {
  const [row] = rows("--client", "lftp", "--client", "by hand", "--only", "large");
  expect(row?.clients.map(({ name }) => name)).toEqual(["lftp", "by hand"]);
});

test("what is no number and what is no row is refused in one sentence", () => {
  expect(() => parseOptions(["--rounds", "0"])).toThrow("--rounds 0: expected a number from 1");
  expect(() => rows("--only", "smal-50")).toThrow(/^no row is called so; there are: small-0-vsftpd, /);
});
