/** All kinds of characters that must never reach a screen as they are; what a server's name or reply may hold. */
export const HOSTILE = [
  "a\u001b[31m\u0007\u0009\u009b2J\u007f",
  "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
  "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u2060\u2028\u2029\u3164\ufeff\ufff9\uffa0\u{e0041}",
  "\udcffz",
].join("");

/** Any of them, wherever it stands on a line. */
export const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\uffa0\u{e0000}-\u{e007f}]|\p{Cs}|\ufffd/u;
