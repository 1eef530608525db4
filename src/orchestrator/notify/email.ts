import { WAITS } from "../../shared/waits.ts";
import type { DaemonFile } from "../../config/schema/daemon.ts";
import { messageOf } from "../../shared/errors.ts";
import { DeliveryError } from "./errors.ts";
import { mailOf } from "./message.ts";
import type { Notice } from "./notice.ts";

type Email = NonNullable<DaemonFile["notifications"]["email"]>;

/** For each step of the conversation. */
const PATIENCE_MS = WAITS.mail.ms;

/** Mails notices by SMTP. @param password fetched for each message, so that a new one counts at once */
export function emailSender(email: Email, password: (() => Promise<string>) | undefined) {
  return async (notices: readonly Notice[], signal: AbortSignal): Promise<void> => {
    const { server: host, port, tls, user, from, to } = email;
    const pass = (await password?.()) ?? "";
    const { createTransport } = await import("nodemailer"); // only where mail is sent
    const transport = createTransport({
      host,
      port,
      secure: tls === "implicit",
      requireTLS: tls === "required",
      ignoreTLS: tls === "off",
      ...(user === undefined ? {} : { auth: { user, pass } }),
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const message = { from, to, ...mailOf(notices), headers: { "auto-submitted": "auto-generated" } };
    try {
      await Promise.race([transport.sendMail(message), aborted(signal)]);
    } catch (error) {
      throw new DeliveryError(masked(messageOf(error), user ?? "", pass));
    } finally {
      transport.close();
    }
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new DeliveryError("timed out"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** A server may repeat what it was given, as AUTH PLAIN or AUTH LOGIN has it (RFC 4616 §2). */
function masked(text: string, user: string, secret: string): string {
  if (secret === "") return text;
  const sent = [`\0${user}\0${secret}`, secret].map((words) => Buffer.from(words).toString("base64"));
  return [...sent, secret].reduce((masking, words) => masking.replaceAll(words, "****"), text);
}
