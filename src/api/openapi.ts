import { z } from "zod";
import { type Described, route, type ApiRoute } from "./route.ts";
import { Problem, shapes } from "./views/schemas.ts";

const SCHEMAS = "#/components/schemas/";

/** The routes as an OpenAPI 3.1 document, from the very schemas that read requests and type answers. */
export function openApiOf(routes: readonly Described[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const described of routes) (paths[described.path] ??= {})[described.method] = operationOf(described);
  return {
    openapi: "3.1.0",
    info: {
      title: "fxpd",
      version,
      description:
        "Jobs and runs of an FXP transfer orchestrator. POST requests need a token with the role operate.",
    },
    servers: [{ url: "/", description: "This daemon" }],
    paths,
    components: {
      schemas: namedSchemas(),
      responses: { Problem: PROBLEM },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function operationOf(described: Described): object {
  const { id, path, role, summary, query, headers, body, answer, status = 200 } = described;
  const { mediaType = "application/json", problems = [] } = described;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const common = [
    403,
    ...(role === "anybody" ? [] : [401, 429]),
    ...(body === undefined ? [] : [400, 413]),
    ...(query === undefined && body === undefined ? [] : [422]),
    ...(role === "anybody" ? [] : [503]),
  ];
  const refused = [...new Set([...common, ...problems])].sort();
  return {
    operationId: id,
    summary,
    security: role === "anybody" ? [] : [{ token: [] }],
    parameters: [
      ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      ...parametersOf("query", query),
      ...parametersOf("header", headers),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: refTo(body) } } } }),
    responses: {
      [status]: {
        description: "OK",
        content: { [mediaType]: { schema: answer === undefined ? { type: "string" } : refTo(answer) } },
      },
      ...Object.fromEntries(refused.map((one) => [one, { $ref: "#/components/responses/Problem" }])),
    },
  };
}

function parametersOf(place: "query" | "header", schema: z.ZodObject | undefined): readonly object[] {
  if (schema === undefined) return [];
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => ({ name, in: place, schema: property }));
}

function refTo(schema: z.ZodType): object {
  const id = shapes.get(schema)?.id;
  if (id === undefined) throw new TypeError("a request body or response has no name in the OpenAPI document");
  return { $ref: SCHEMAS + id };
}

function namedSchemas(): object {
  const { schemas } = z.toJSONSchema(shapes, { io: "input", uri: (id) => SCHEMAS + id });
  const plain = Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]);
  return Object.fromEntries(plain) as object;
}

/** RFC 9457. */
const PROBLEM = {
  description: "Error, explained in one sentence",
  content: { "application/problem+json": { schema: refTo(Problem) } },
};

/** The document itself, which describes all routes but this one. */
export function openApiRoute(routes: readonly ApiRoute[], version: string): ApiRoute {
  const document = openApiOf(routes, version);
  return route({
    id: "getOpenApi",
    method: "get",
    path: "/api/v1/openapi.json",
    role: "anybody",
    summary: "This document",
    mediaType: "application/json",
    handle: async (_, { http }) => http.json(document),
  });
}
