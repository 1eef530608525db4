import { expect, test } from "vitest";
import { apiScene, FROM_HERE } from "../support/api-scene.ts";

// What somebody hears who listens to the API, on a real Redis.

const scene = apiScene();
const { ask } = scene;

interface Told {
  readonly event: string;
  readonly id: string;
  readonly value: {
    readonly id?: string;
    readonly name?: string;
    readonly paused?: boolean;
    readonly state?: string;
  };
}

/** Events of a stream, until the reader leaves or the stream ends. */
async function* listening(path: string, last?: string): AsyncGenerator<Told> {
  const headers = {
    host: "localhost",
    authorization: "Bearer do-1",
    ...(last === undefined ? {} : { "last-event-id": last }),
  };
  const answer = await scene.app.request(path, { headers }, FROM_HERE);
  expect(answer.status).toBe(200);
  let rest = "";
  for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? "";
      if (field("data") === "") continue;
      yield { event: field("event"), id: field("id"), value: JSON.parse(field("data")) as Told["value"] };
    }
  }
}

test("who listens to everything hears how it is now, and then what changes", async () => {
  const heard: boolean[] = [];
  for await (const { event, id, value } of listening("/api/v1/events")) {
    if (event !== "job") continue;
    expect(value.name).toBe("nightly");
    expect(Number(id)).toBeGreaterThan(0);
    if (heard.length === 0) await ask("POST", "/api/v1/jobs/nightly/pause");
    heard.push(value.paused === true);
    if (value.paused === true) break;
  }
  await ask("POST", "/api/v1/jobs/nightly/resume");
  expect(heard[0]).toBe(false);
});

test("who comes back with the id of the last event hears of the runs that ended since", async () => {
  const { id } = (await ask("POST", "/api/v1/runs", { job: "nightly" })).body as { id: string };
  await ask("POST", `/api/v1/runs/${id}/cancel`);
  for await (const { event, value } of listening("/api/v1/events", String(Date.now())))
    if (event === "run" && value.id === id) {
      expect(value.state).toBe("ended");
      break;
    }
});

test("who listens to a run hears its state and its log until it has ended, and is not served again after that", async () => {
  const { id } = (await ask("POST", "/api/v1/runs", { job: "nightly" })).body as { id: string };
  const path = `/api/v1/runs/${id}/events`;
  const told: Told[] = [];
  for await (const one of listening(path)) {
    if (told.length === 0) await ask("POST", `/api/v1/runs/${id}/cancel`);
    told.push(one);
  }
  expect(told.at(-1)).toMatchObject({ event: "run", value: { state: "ended" } });
  const last = told.at(-1)?.id ?? "";
  expect(last).toMatch(/\/end$/);
  const again = async (header: string) => {
    const headers = { host: "localhost", authorization: "Bearer do-1", "last-event-id": header };
    return (await scene.app.request(path, { headers }, FROM_HERE)).status;
  };
  expect(await again(last)).toBe(204);
  expect(await again("yesterday")).toBe(422);
});

test("whoever listens hears of an examination that somebody else has begun, and of its end", async () => {
  const headers = { host: "localhost", authorization: "Bearer do-1" };
  const answer = await scene.app.request("/api/v1/events", { headers }, FROM_HERE);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const heard = async (text: string) => {
    let all = "";
    while (!all.includes(text)) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
      if (done) throw new Error(`the stream ended without ${text}: ${all}`);
      all += value;
    }
    return all;
  };
  const { kv } = scene.here.installation;
  const begun = await kv.examinations.write({ source: "edge", target: "edge", by: "else", tried: [] });
  expect(await heard('"by":"else"')).toMatch(/^event: examination\ndata: .*"state":"running"/m);
  await kv.examinations.write({
    ...begun,
    verdict: { outcome: "succeeded", works: [], advice: [], left: [] },
  });
  expect(await heard('"state":"ended"')).toContain("event: examination");
  await reader?.cancel();
});
