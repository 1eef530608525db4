import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fleet } from "./fleet.ts";

/** Lines of `config/daemon.yaml` for an API on any free port, with the tokens that {@link plantTokens} writes. */
export const API_SETTINGS = [
  "api:",
  "  port: 0",
  "  tokens:",
  "    - {name: ops, tokenFrom: {file: ops-token}, role: operate}",
  "    - {name: eye, tokenFrom: {file: eye-token}}",
];
export const TOKENS = { ops: "ops-7d1f0c", eye: "eye-93b2aa" } as const;

export async function plantTokens({ desk }: Fleet): Promise<void> {
  for (const [name, token] of Object.entries(TOKENS)) {
    const file = join(desk.path, `config/${name}-token`);
    await writeFile(file, `${token}\n`);
    await chmod(file, 0o600);
  }
}

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

/** One event of a stream. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly value: Json;
}

/** Asks the API of a fleet, and keeps all that it answers. */
export class Api {
  readonly base: string;
  readonly #token: string;
  /** Of all clients that came from this one. */
  readonly heard: string[];

  constructor(base: string, token: string, heard: string[] = []) {
    this.base = base;
    this.#token = token;
    this.heard = heard;
  }

  /** The API that a fleet's log says it listens. */
  static of({ log }: Fleet, token: string): Api {
    const [, address, port] = /"address":"([^"]+)","port":(\d+),"msg":"API listening"/.exec(log) ?? [];
    return new Api(`http://${address}:${port}`, token);
  }

  as(token: string): Api {
    return new Api(this.base, token, this.heard);
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, {});
  }

  post(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.#ask(path, { method: "POST", headers, ...sent });
  }

  /** Listens until the stream ends or the signal is aborted; rejects where there is none. */
  async *events(path: string, signal: AbortSignal, last?: string): AsyncGenerator<Told> {
    const headers = { ...this.#headers(), ...(last === undefined ? {} : { "last-event-id": last }) };
    const answer = await fetch(this.base + path, { headers, signal });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}: ${await answer.text()}`);
    let waiting = "";
    try {
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        this.heard.push(chunk);
        const blocks = (waiting + chunk).split("\n\n");
        waiting = blocks.pop() ?? "";
        for (const block of blocks) if (block.includes("data:")) yield toldIn(block);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #ask(path: string, init: RequestInit): Promise<Answer> {
    const headers = { ...this.#headers(), ...(init.headers as object) };
    const answer = await fetch(this.base + path, { ...init, headers });
    const text = await answer.text();
    this.heard.push(text, JSON.stringify([...answer.headers]));
    const isJson = /json/.test(answer.headers.get("content-type") ?? "");
    const body = (isJson ? JSON.parse(text) : {}) as Json;
    return { status: answer.status, headers: answer.headers, text, body };
  }

  #headers(): Readonly<Record<string, string>> {
    return this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` };
  }
}

function toldIn(block: string): Told {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? "";
  return { id: field("id"), event: field("event"), value: JSON.parse(field("data")) as Json };
}
