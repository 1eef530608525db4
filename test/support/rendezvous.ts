import type { Script } from "./scripted-server.ts";

/** So many bytes of a file are sent at once; the rest when others are on their way, too. */
const FIRST_BYTES = 4_096;

/** A source whose files come to their end only when so many are on their way at once, as long ones would be. */
export function rendezvousOf(files: number): { readonly script: Script } {
  let count = 0;
  let open = () => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  const script: Script = {
    RETR: async (session, path) => {
      const file = session.files.get(path);
      if (file === undefined) return session.reply("550 no such file");
      session.reply("150 here it comes");
      const data = await session.data();
      data.write(file.subarray(0, FIRST_BYTES));
      count += 1;
      if (count >= files) open();
      await all;
      await new Promise<void>((resolve) => data.end(file.subarray(FIRST_BYTES), resolve));
      session.reply("226 done");
    },
  };
  return { script };
}
