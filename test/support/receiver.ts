import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A request that was received. */
export interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** With its path and query. */
  readonly url: string;
}

/** What is received on a loopback port, until its scope ends. */
export interface Receiver<T> extends AsyncDisposable {
  readonly port: number;
  readonly received: readonly T[];
}

/** A status with headers beside it. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers requests with these statuses in turn, the last one again and again; 0: never. */
export async function receiveHttp(...answers: readonly (number | Answer)[]): Promise<Receiver<Request>> {
  const received: Request[] = [];
  const server = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ headers: request.headers, body, url: request.url ?? "" });
      const answer = answers[received.length - 1] ?? answers.at(-1) ?? 200;
      const { status, headers } = typeof answer === "number" ? { status: answer, headers: {} } : answer;
      if (status === 0) return;
      response.writeHead(status, { location: "/elsewhere", ...headers }).end("no words of mine");
    });
  });
  return listening(server, received, () => server.closeAllConnections());
}

/** Mail as SMTP has it: who logged in, and the message. */
export interface Mail {
  readonly auth: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A mail server that takes everything; `answers` stand instead of its own, by the first word of a command. */
export async function receiveMail(answers: Readonly<Record<string, string>> = {}): Promise<Receiver<Mail>> {
  const received: Mail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    void converse(socket, answers, (mail) => received.push(mail));
  });
  return listening(server, received, () => {
    for (const socket of sockets) socket.destroy();
  });
}

async function converse(
  socket: Socket,
  answers: Readonly<Record<string, string>>,
  keep: (mail: Mail) => void,
): Promise<void> {
  const say = (line: string) => socket.writable && socket.write(`${line}\r\n`);
  let [auth, from, to, text]: [string | undefined, string, string[], string[] | undefined] = [
    undefined,
    "",
    [],
    undefined,
  ];
  say("220 mail.test ESMTP");
  for await (const line of createInterface({ input: socket })) {
    if (text !== undefined) {
      if (line !== ".") text.push(line);
      else {
        keep({ auth, from, to, text: text.join("\n") });
        text = undefined;
        say("250 taken");
      }
      continue;
    }
    const [verb = "", ...rest] = line.split(" ");
    const answer = answers[verb];
    if (answer !== undefined) say(answer.replace("%s", rest.join(" ")));
    else if (verb === "EHLO") say("250-mail.test\r\n250 AUTH PLAIN");
    else if (verb === "DATA") {
      text = [];
      say("354 go on");
    } else say("250 ok");
    if (verb === "AUTH" && answer?.startsWith("235")) auth = rest[1];
    if (verb === "MAIL") from = line;
    if (verb === "RCPT") to = [...to, line];
    if (verb === "QUIT") socket.end();
  }
}

async function listening<T>(server: Server, received: readonly T[], cut: () => void): Promise<Receiver<T>> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
