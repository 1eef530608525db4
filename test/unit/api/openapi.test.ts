import { expect, test } from "vitest";
import { ROUTES } from "../../../src/api/app.ts";
import { openApiOf } from "../../../src/api/openapi.ts";
import { shapes } from "../../../src/api/views/schemas.ts";

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly responses: Readonly<Record<string, object>>;
  readonly requestBody?: object;
}
interface OpenApi {
  readonly servers: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<"schemas" | "responses", Readonly<Record<string, object>>>>;
}

const document = JSON.parse(JSON.stringify(openApiOf(ROUTES, "9.9.9"))) as OpenApi;

test("the document has every route, each once", () => {
  const told = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(told.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});

test("all that it refers to is in it", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(20);
  for (const [, kind, name] of references)
    expect(document.components[kind as "schemas"], name).toHaveProperty(name ?? "");
  expect(JSON.stringify(document)).not.toMatch(/"\$ref":"(?!#\/components\/)/);
});

test("whatever changes something needs a token, and says that it may be refused", () => {
  const posts = Object.values(document.paths).flatMap(({ post }) => (post === undefined ? [] : [post]));
  expect(posts.length).toBeGreaterThan(6);
  for (const { security, responses } of posts) {
    expect(security).toEqual([{ token: [] }]);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(["401", "403"]));
  }
});

test("every operation has an id of its own, a server, and says whether it needs a token", () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(operations.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  expect(document.servers).toEqual([expect.objectContaining({ url: "/" })]);
  for (const path of ["/healthz", "/readyz"]) expect(document.paths[path]?.["get"]?.security).toEqual([]);
  expect(Object.keys(document.paths["/api/v1/runs"]?.["post"]?.responses ?? {})).toContain("409");
});

test("parameters are those of path, query and headers", () => {
  const parametersOf = (path: string, method: string) =>
    document.paths[path]?.[method]?.parameters.map((one) => `${one.in} ${one.name}`);
  expect(parametersOf("/api/v1/runs/{run}/log", "get")).toEqual(["path run", "query after", "query limit"]);
  expect(parametersOf("/api/v1/runs", "post")).toEqual(["header idempotency-key"]);
  expect(parametersOf("/api/v1/runs/{run}/events", "get")).toEqual([
    "path run",
    "query after",
    "header last-event-id",
  ]);
});

test("every schema has a name of its own, and a submission has the keys of a job", () => {
  expect(Object.keys(document.components.schemas)).toContain("RunDetail");
  const { AdHocMirror } = document.components.schemas as Record<string, { properties: object }>;
  expect(Object.keys(AdHocMirror?.properties ?? {})).toEqual(
    expect.arrayContaining(["mirror", "maxDelete", "name", "dryRun"]),
  );
  for (const { answer, body } of ROUTES)
    for (const schema of [answer, body]) if (schema !== undefined) expect(shapes.get(schema)).toBeDefined();
});
