/** How the tabs of one browser hear each other: a `BroadcastChannel`. */
export interface TabChannel {
  onmessage: ((message: MessageEvent<unknown>) => void) | null;
  postMessage(data: unknown): void;
  close(): void;
}

/** What a tab says of itself. */
interface Word {
  readonly id: string;
  /** Since when it listens; milliseconds since 1970. */
  readonly sinceMs: number;
  /** `here`: it listens; `new`: it has just begun, and asks who else does; `gone`: it does not any more. */
  readonly says: "here" | "new" | "gone";
}

/** A browser has six connections to one address; so many tabs hold one, which leaves two for all other requests. */
const MOST_HOLDERS = 4;
const SAYING_MS = 2_000;
/** A tab that has said nothing for so long is closed, or asleep. */
const GONE_MS = 7_000;

/** The tabs of this browser that listen to events. Those that began first hold a connection, and the others look in now and then. */
export class ListeningTabs {
  readonly #id = `${Date.now()}-${Math.random()}`;
  readonly #channel: TabChannel | undefined;
  readonly #others = new Map<string, { readonly sinceMs: number; readonly heardMs: number }>();
  #sinceMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param channel absent: this tab knows of no other */
  constructor(channel: TabChannel | undefined) {
    this.#channel = channel;
    if (channel !== undefined) channel.onmessage = ({ data }) => this.#hear(data as Word);
  }

  /** This tab listens from now on. */
  join(): void {
    if (this.#timer !== undefined) return;
    this.#sinceMs = Date.now();
    this.#say("new");
    this.#timer = setInterval(() => this.#say("here"), SAYING_MS);
  }

  /** It does not for a while. */
  leave(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#say("gone");
  }

  close(): void {
    this.leave();
    this.#channel?.close();
  }

  /** Whether this tab may keep its connection for as long as it likes. */
  get mayHold(): boolean {
    let before = 0;
    for (const [id, { sinceMs, heardMs }] of this.#others) {
      const isFirst = sinceMs < this.#sinceMs || (sinceMs === this.#sinceMs && id < this.#id);
      if (isFirst && Date.now() - heardMs < GONE_MS) before += 1;
    }
    return before < MOST_HOLDERS;
  }

  #hear({ id, sinceMs, says }: Word): void {
    if (says === "gone") this.#others.delete(id);
    else this.#others.set(id, { sinceMs, heardMs: Date.now() });
    if (says === "new" && this.#timer !== undefined) this.#say("here");
  }

  #say(says: Word["says"]): void {
    const word: Word = { id: this.#id, sinceMs: this.#sinceMs, says };
    this.#channel?.postMessage(word);
  }
}
