import type { Script, Session } from "./scripted-server.ts";

/** What a scripted server does that is asked to begin elsewhere than at the start (REST). */
export interface Placing {
  /** Answers REST otherwise than by 350; undefined: as usual. */
  readonly refusesRest?: (session: Session, at: number) => string | undefined;
  /** `start`: it answers 350 and sends all of the file. */
  readonly reads?: "placed" | "start" | "refused";
  /** What it does with RANG; absent: it has none. `open`: it sends what is behind the range as well; `start`: all of the file. */
  readonly ranges?: "placed" | "open" | "start";
  /**
   * `cut`: what stands behind the new bytes is gone; `appended`: they go behind what is there; `start`: they go to the
   * beginning, and nothing is cut off.
   */
  readonly writes?: "placed" | "cut" | "appended" | "start" | "refused" | "in-turn";
  /** Asked for each RETR, after how many bytes the data connection is closed; absent: never. */
  readonly endsAfter?: (path: string, at: number, session: Session) => number | undefined;
  /** Whether it says 226 all the same. */
  readonly hidesEnd?: boolean;
  /** Told of each transfer command that is no more than heard. */
  readonly asked?: (verb: "RETR" | "STOR", at: number, session: Session) => void;
  /** Told of each transfer command that is answered by 150. */
  readonly began?: (verb: "RETR" | "STOR", at: number, session: Session) => void | Promise<void>;
  /** Sends what a RETR is for, and closes; `isRange`: RANG said where it ends. Absent: all at once. */
  readonly sends?: (session: Session, rest: Buffer, at: number, isRange: boolean) => Promise<void>;
  /** Told of all bytes that a STOR has received by now. */
  readonly received?: (bytes: number, path: string) => void;
  readonly modified?: () => string;
}

/** A script for files of which parts are read and written. Its sessions answer in turn. */
export function placedFiles(placing: Placing = {}): Script {
  const restarts = new WeakMap<Session, number>();
  const ends = new WeakMap<Session, number>();
  const taken = (session: Session): number => {
    const at = restarts.get(session) ?? 0;
    restarts.delete(session);
    return at;
  };
  let writing = Promise.resolve();
  return {
    FEAT: [
      ...["211-Features", " SIZE", " MDTM", " REST STREAM", " MLST type*;size*;modify*;"],
      ...(placing.ranges === undefined ? [] : [" RANG STREAM"]),
      "211 End",
    ],
    MDTM: (session) => session.reply(`213 ${placing.modified?.() ?? "20261121000000"}`),
    REST: (session, argument) => {
      const refusal = placing.refusesRest?.(session, Number(argument));
      if (refusal !== undefined) return session.reply(refusal);
      restarts.set(session, Number(argument));
      session.reply("350 from there");
    },
    ...(placing.ranges !== undefined && {
      RANG: (session: Session, argument: string) => {
        const [from, last] = argument.split(" ").map(Number);
        restarts.set(session, placing.ranges === "start" ? 0 : (from ?? 0));
        if (placing.ranges === "placed") ends.set(session, (last ?? 0) + 1);
        session.reply("350 that range");
      },
    }),
    MLST: (session, path) => {
      const file = session.files.get(path);
      if (file === undefined) return session.reply("550 no such file");
      const modify = placing.modified?.() ?? "20261121000000";
      session.reply("250-Listing", ` type=file;size=${file.length};modify=${modify}; ${path}`, "250 End");
    },
    RETR: async (session, path) => {
      const at = taken(session);
      const end = ends.get(session);
      ends.delete(session);
      const file = session.files.get(path);
      placing.asked?.("RETR", at, session);
      if (file === undefined) return session.reply("550 no such file");
      if (at > 0 && placing.reads === "refused") return session.reply("501 REST is not for you");
      session.reply("150 here it comes");
      await placing.began?.("RETR", at, session);
      const rest = file.subarray(placing.reads === "start" ? 0 : at, end);
      const most = placing.endsAfter?.(path, at, session);
      const send = placing.sends ?? sendUnlessClosed;
      await send(session, rest.subarray(0, most), at, end !== undefined);
      session.reply(
        most !== undefined && most < rest.length && placing.hidesEnd !== true ? "426 lost it" : "226 done",
      );
    },
    STOR: async (session, path) => {
      const at = taken(session);
      placing.asked?.("STOR", at, session);
      if (at > 0 && placing.writes === "refused") return session.reply("554 not there");
      const store = async () => {
        session.reply("150 go ahead");
        await placing.began?.("STOR", at, session);
        const octets = await received(session, (bytes) => placing.received?.(bytes, path));
        const had = session.files.get(path) ?? Buffer.alloc(0);
        session.files.set(path, placed(had, octets, at, placing.writes ?? "placed"));
        session.reply("226 done");
      };
      if (placing.writes !== "in-turn") return store();
      const mine = writing.then(store);
      writing = mine.catch(() => {});
      return mine;
    },
  };
}

async function received(session: Session, told: (bytes: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await session.data()) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    told(bytes);
  }
  return Buffer.concat(chunks);
}

/** Sends to whoever may not want to hear all of it. */
export async function sendUnlessClosed(session: Session, octets: Buffer): Promise<void> {
  const data = await session.data();
  await new Promise<void>((resolve) => {
    data.once("close", () => resolve());
    data.end(octets, () => resolve());
  });
}

function placed(had: Buffer, octets: Buffer, at: number, writes: NonNullable<Placing["writes"]>): Buffer {
  if (at === 0) return octets;
  if (writes === "appended") return Buffer.concat([had, octets]);
  const begin = writes === "start" ? 0 : at;
  const whole = Buffer.alloc(
    writes === "cut" ? begin + octets.length : Math.max(had.length, begin + octets.length),
  );
  had.copy(whole, 0, 0, Math.min(had.length, whole.length));
  octets.copy(whole, begin);
  return whole;
}

/** Something that is waited for until it happens. */
export function latch(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}
