import { EXAMINATION_BEAT_MS, type LinkExamination } from "../orchestrator/history/examinations.ts";
import type { HostLink } from "../orchestrator/history/links.ts";
import type { Installation } from "../orchestrator/installation.ts";
import type { Directories } from "../config/load/directories.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import type { Diagnosis } from "../transfer/move/third-party/diagnose/diagnose.ts";
import { examine } from "../wiring/examination.ts";
import { Refusal } from "./problem.ts";

/** Examinations at once, each of which has two connections to either host. */
const MOST = 2;

interface ExaminerDeps {
  readonly installation: Pick<Installation, "kv" | "clock">;
  readonly directories: Directories;
  readonly log: Logger;
}

/** Examines links for those who ask the API to; what it finds is kept in Redis, and counts for transfers. */
export class Examiner implements AsyncDisposable {
  readonly #deps: ExaminerDeps;
  readonly #ending = new AbortController();
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: ExaminerDeps) {
    this.#deps = deps;
  }

  /** @throws Refusal (409) while it is examined already, or too many others are */
  async begin({ source, target }: HostLink, by: string): Promise<LinkExamination> {
    const key = JSON.stringify([source, target]);
    if (this.#running.has(key)) throw new Refusal(409, `${source} → ${target} is being examined already`);
    if (this.#running.size >= MOST)
      throw new Refusal(409, `${MOST} links are being examined already; try again when one is done`);
    const written = this.#write({ source, target, by, tried: [] });
    // The caller gets the error of this write; nothing is examined unless it succeeded.
    const going = written
      .then((begun) => this.#examine(begun))
      .catch(() => {})
      .finally(() => this.#running.delete(key));
    this.#running.set(key, going);
    return written;
  }

  async #examine(begun: LinkExamination): Promise<void> {
    const { installation, directories, log } = this.#deps;
    const { clock, kv } = installation;
    const { source, target } = begun;
    let state = begun;
    const beat = setInterval(() => void this.#tell(state), EXAMINATION_BEAT_MS);
    const listener = {
      begin: (from: { readonly software: string }, to: { readonly software: string }) => {
        state = { ...state, software: [from.software, to.software] };
      },
      method: (diagnosis: Diagnosis) => {
        state = { ...state, tried: [...state.tried, triedOf(diagnosis)] };
        void this.#tell(state);
      },
    };
    const context = { directories, overrides: {}, deps: { clock } };
    const order = { source, target, context, memory: kv.memory(), clock };
    try {
      const { verdict } = await examine(order, listener, this.#ending.signal);
      const { works, advice, left } = verdict;
      state = {
        ...state,
        verdict: { ...verdict, works: [...works], advice: [...advice], left: [...left] },
      };
      log.info({ source, target, outcome: verdict.outcome, works: verdict.works }, "link examined");
    } catch (error) {
      const because = messageOf(error);
      state = { ...state, verdict: { outcome: "failed", works: [], advice: [], left: [], because } };
      log.error({ source, target, because }, "link examination failed");
    } finally {
      clearInterval(beat);
    }
    await this.#tell(state);
  }

  /** Whoever looks finds it lost where Redis did not take it. */
  async #tell(state: LinkExamination): Promise<void> {
    await this.#write(state).catch(() => {});
  }

  #write(state: Parameters<Installation["kv"]["examinations"]["write"]>[0]): Promise<LinkExamination> {
    return this.#deps.installation.kv.examinations.write(state);
  }

  /** Those that go on leave nothing behind on the servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error("the API is shutting down"));
    await Promise.all(this.#running.values());
  }
}

function triedOf(diagnosis: Diagnosis): LinkExamination["tried"][number] {
  const { method, outcome } = diagnosis;
  return {
    ...{ method, outcome },
    ...("because" in diagnosis ? { because: diagnosis.because } : {}),
    ...("seconds" in diagnosis ? { seconds: diagnosis.seconds } : {}),
  };
}
