/** The commands of lftp 4.9 (src/commands.cc), and the aliases of its /etc/lftp.conf. */
const COMMANDS =
  "alias anon at attach bg bookmark bye bzcat bzless bzmore cache cat cd chmod close cls command connect debug dir du echo edit empty eval exit false fg find get get1 glob help history jobs kill lcd less lftp ln local login lpwd ls mget mirror mkdir mmv module more mput mrm mv nlist notempty o open parallel pget put pwd queue quit quote recls reconnect reget rels renlist repeat reput rm rmdir scache set shell site slot sleep source suspend torrent true user ver version wait xxcat zcat zless zmore".split(
    " ",
  );
const ALSO_CALLED: Readonly<Record<string, string>> = { connect: "open", o: "open", login: "user" };

/** The full name of a command, which may be cut where it stays unique; unknown ones are returned as they are. */
export function commandCalled(text: string): string {
  const longer = COMMANDS.includes(text) ? [text] : COMMANDS.filter((name) => name.startsWith(text));
  const name = longer.length === 1 ? (longer[0] ?? text) : text;
  return ALSO_CALLED[name] ?? name;
}

/** Whether that is the full name of a command. */
export function isCommand(name: string): boolean {
  return COMMANDS.includes(name);
}

/** Commands that change nothing that outlives them. */
const QUIET =
  /^(quit|exit|bye|close|cache|debug|dir|echo|less|lpwd|pwd|ls|nlist|recls|rels|renlist|cls|du|df|wait|ver|version|jobs|fg|bg|history|help|kill|sleep|find|cat|more|zcat|bookmark|quote|reconnect|suspend|true|false)$/;

/** Whether a command changes nothing that outlives it. @param count how many words are behind its name */
export function isQuiet(name: string, count: number): boolean {
  return QUIET.test(name) || (changesSession(name) && count === 0);
}

/** Whether a command goes to another session of lftp, which may be at another server; without an argument it shows them. */
export function changesSession(name: string): boolean {
  return name === "slot" || name === "scache";
}
