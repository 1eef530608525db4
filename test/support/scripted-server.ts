import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * What a scripted server does with a command: a reply line or several, or a function that writes what it
 * likes, closes, stays silent, or moves data.
 */
export type Answer =
  | string
  | readonly string[]
  | ((session: Session, argument: string) => void | Promise<void>);

/** Answers by verb; `greeting` stands for the greeting, `*` for any verb that has no answer of its own. */
export type Script = Readonly<Record<string, Answer>>;

/** An FTP server that says what a test tells it to say. Files are in memory. */
export interface ScriptedServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly files: Map<string, Buffer>;
  /** Every command received, over all connections, in order. */
  readonly commands: readonly string[];
  /** Cuts all connections without a word. */
  cut(): void;
}

/** One control connection of a scripted server. */
export class Session {
  readonly socket: Socket;
  readonly files: Map<string, Buffer>;
  readonly #address: string;
  #renaming = "";
  #listener: Server | undefined;
  #data: Promise<Socket> | undefined;
  #active: { readonly host: string; readonly port: number; readonly localAddress?: string } | undefined;

  constructor(socket: Socket, address: string, files: Map<string, Buffer>) {
    this.socket = socket;
    this.#address = address;
    this.files = files;
  }

  reply(...lines: readonly string[]): void {
    if (this.socket.writable) this.socket.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  /** Bytes as they are. */
  write(octets: string | Uint8Array): void {
    this.socket.write(octets);
  }

  /** Listens for a data connection; the reply of PASV to tell where. */
  async listen(): Promise<string> {
    this.#listener?.close();
    const listener = createServer();
    this.#listener = listener;
    // Whoever connects may not want to hear all of it.
    this.#data = new Promise((resolve) =>
      listener.once("connection", (data) => resolve(data.on("error", () => {}))),
    );
    const port = await new Promise<number>((resolve) => {
      listener.listen({ host: this.#address, port: 0 }, () =>
        resolve((listener.address() as { port: number }).port),
      );
    });
    return `227 Entering Passive Mode (${this.#address.replaceAll(".", ",")},${port >> 8},${port & 255})`;
  }

  /** Connects to the host-port of a PORT command when the data connection is asked for; `from`: from that address. */
  connectLater(argument: string, from?: string): void {
    const [h1, h2, h3, h4, p1 = 0, p2 = 0] = argument.split(",").map(Number);
    this.#data = undefined;
    const localAddress = from === undefined ? {} : { localAddress: from };
    this.#active = { host: `${h1}.${h2}.${h3}.${h4}`, port: p1 * 256 + p2, ...localAddress };
  }

  /** The data connection, once the other side has made it. */
  data(): Promise<Socket> {
    if (this.#data === undefined && this.#active !== undefined) {
      const socket = connect(this.#active);
      this.#data = new Promise((resolve, reject) =>
        socket.once("connect", () => resolve(socket)).once("error", reject),
      );
    }
    return this.#data ?? Promise.reject(new Error("no PASV or PORT before this transfer"));
  }

  /** Takes what comes on the data connection to its end. */
  async receive(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.data()) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** Sends on the data connection and closes it. */
  async send(octets: Uint8Array): Promise<void> {
    const data = await this.data();
    await new Promise<void>((resolve) => data.end(octets, resolve));
  }

  rename(from: string | undefined, to: string): boolean {
    if (from !== undefined) {
      this.#renaming = from;
      return this.files.has(from);
    }
    const moved = this.files.get(this.#renaming);
    this.files.delete(this.#renaming);
    if (moved !== undefined) this.files.set(to, moved);
    return moved !== undefined;
  }

  close(): void {
    this.#listener?.close();
    this.socket.destroy();
  }
}

/** A server that behaves, in the directory `/`, without TLS; a script overrides what it shall do wrong. */
const WELL_BEHAVED: Script = {
  greeting: "220 scripted",
  USER: "331 password",
  PASS: "230 in",
  FEAT: ["211-Features", " SIZE", " MDTM", " MLST type*;size*;modify*;", "211 End"],
  SYST: "215 UNIX",
  PWD: '257 "/" is where you are',
  TYPE: "200 type",
  CWD: (session, path) => session.reply(path === "/" ? "250 there" : "550 no such directory"),
  MKD: (session, path) => session.reply(`257 "${path}" made`),
  PASV: async (session) => session.reply(await session.listen()),
  PORT: (session, argument) => {
    session.connectLater(argument);
    session.reply("200 will connect there");
  },
  SIZE: (session, path) => {
    const file = session.files.get(path);
    session.reply(file === undefined ? "550 no such file" : `213 ${file.length}`);
  },
  MLST: (session, path) => {
    const file = session.files.get(path);
    if (file === undefined) session.reply("550 no such file");
    else
      session.reply(
        "250-Listing",
        ` type=file;size=${file.length};modify=20261121000000; ${path}`,
        "250 End",
      );
  },
  MLSD: async (session) => {
    session.reply("150 here it comes");
    const lines = [...session.files].map(
      ([path, file]) => `type=file;size=${file.length}; ${path.slice(1)}\r\n`,
    );
    await session.send(Buffer.from(lines.join("")));
    session.reply("226 done");
  },
  RETR: async (session, path) => {
    const file = session.files.get(path);
    if (file === undefined) return session.reply("550 no such file");
    session.reply("150 here it comes");
    await session.send(file);
    session.reply("226 done");
  },
  STOR: async (session, path) => {
    session.reply("150 go ahead");
    session.files.set(path, await session.receive());
    session.reply("226 done");
  },
  DELE: (session, path) => session.reply(session.files.delete(path) ? "250 gone" : "550 no such file"),
  RNFR: (session, path) => session.reply(session.rename(path, "") ? "350 to what" : "550 no such file"),
  RNTO: (session, path) => session.reply(session.rename(undefined, path) ? "250 renamed" : "550 no"),
  NOOP: "200 nothing",
  QUIT: (session) => {
    session.reply("221 bye");
    session.socket.end();
  },
  "*": "502 not here",
};

/** What is done with a command before it is answered: nothing, it is lost, or the one behind it goes first. */
export type Fate = "answered" | "lost" | "later";

export interface Manner {
  /** Whether a command waits until the one before it has had its final reply, as on most servers. */
  readonly isInTurn?: boolean;
  readonly fate?: (line: string, session: Session) => Fate | Promise<Fate>;
}

/** Starts a scripted server on a loopback address of its own. */
export async function scriptedServer(script: Script = {}, manner: Manner = {}): Promise<ScriptedServer> {
  const answers = { ...WELL_BEHAVED, ...script };
  const files = new Map<string, Buffer>();
  const commands: string[] = [];
  const sessions = new Set<Session>();
  const address = `127.${40 + Math.floor(Math.random() * 20)}.${Math.floor(Math.random() * 256)}.${2 + Math.floor(Math.random() * 250)}`;
  const server = createServer((socket) => {
    const session = new Session(socket, address, files);
    sessions.add(session);
    socket.on("error", () => {}).on("close", () => sessions.delete(session));
    void give(answers["greeting"] ?? "", session, "");
    let tail = "";
    const act = (line: string) => {
      const [, verb = "", argument = ""] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
      return give(answers[verb] ?? answers["*"] ?? "", session, argument);
    };
    const waiting: string[] = [];
    let isBusy = false;
    const goOn = async () => {
      if (isBusy) return;
      isBusy = true;
      for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
        const fate = (await manner.fate?.(line, session)) ?? "answered";
        if (fate === "later" && waiting.length > 0) waiting.splice(1, 0, line);
        else if (fate !== "lost") await act(line);
      }
      isBusy = false;
    };
    socket.on("data", (chunk) => {
      const lines = (tail + chunk.toString("latin1")).split("\r\n");
      tail = lines.pop() ?? "";
      commands.push(...lines);
      if (manner.isInTurn === true) {
        waiting.push(...lines);
        void goOn();
      } else for (const line of lines) void act(line);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen({ host: address, port: 0 }, () => resolve((server.address() as { port: number }).port));
  });
  const cut = () => {
    for (const session of sessions) session.close();
  };
  const dispose = async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address, port, files, commands, cut, [Symbol.asyncDispose]: dispose };
}

/** Two scripted servers, with what the source has under `/file`. */
export interface ScriptedPair extends AsyncDisposable {
  readonly source: ScriptedServer;
  readonly target: ScriptedServer;
}

export async function scriptedPair(source: Script, target: Script, file: Buffer): Promise<ScriptedPair> {
  const [from, to] = [await scriptedServer(source), await scriptedServer(target)];
  from.files.set("/file", file);
  const dispose = async () => {
    await Promise.all([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()]);
  };
  return { source: from, target: to, [Symbol.asyncDispose]: dispose };
}

async function give(answer: Answer, session: Session, argument: string): Promise<void> {
  if (typeof answer === "function")
    await Promise.resolve(answer(session, argument)).catch(() => session.close());
  else if (answer !== "") session.reply(...[answer].flat());
}
