import { createDecipheriv } from "node:crypto";
import { decodeText, encodeText } from "../../shared/octets.ts";

// How other programs write passwords so that they cannot be read in passing. The keys are public: none of it protects anything.

/** In rclone's source, fs/config/obscure/obscure.go: AES-256 in counter mode, with the first block as its counter. */
const RCLONE_KEY = Buffer.from("9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638", "hex");
const AES_BLOCK = 16;

/** What `rclone obscure` has made; undefined where it has not made it. */
export function revealRclone(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{22,}$/.test(text)) return undefined;
  const octets = Buffer.from(text, "base64url");
  const decipher = createDecipheriv("aes-256-ctr", RCLONE_KEY, octets.subarray(0, AES_BLOCK));
  return decodeText(Buffer.concat([decipher.update(octets.subarray(AES_BLOCK)), decipher.final()]));
}

/** What WinSCP's source (core/Security.cpp) calls simple encryption. */
const WINSCP = { magic: 0xa3, flagged: 0xff, external: 1, twoOctetLength: 2 } as const;

/** A password that WinSCP has written; `master`: it needs the master password, `unreadable`: it is not for this account. */
type Revealed = { readonly password: string } | "master" | "unreadable";

/** @param account user and host, which what is scrambled begins with */
export function revealWinscp(text: string, account: string): Revealed {
  if (!/^([0-9A-Fa-f]{2}){2,}$/.test(text)) return "unreadable";
  const octets = Buffer.from(text, "hex").map((octet) => ~(octet ^ WINSCP.magic) & 0xff);
  let at = 0;
  const next = () => octets[at++] ?? 0;
  const flag = next();
  let length = flag;
  if (flag === WINSCP.flagged) {
    const version = next();
    if (version === WINSCP.external) return "master";
    length = version === WINSCP.twoOctetLength ? next() * 256 + next() : next();
  }
  const skipped = next();
  at += skipped;
  const clear = octets.subarray(at, at + length);
  if (clear.length !== length) return "unreadable";
  const key = flag === WINSCP.flagged ? encodeText(account) : Buffer.alloc(0);
  if (!Buffer.from(clear.subarray(0, key.length)).equals(key)) return "unreadable";
  return { password: decodeText(clear.subarray(key.length)) };
}

/** The key of FlashFXP for sites in no folder, as published for its version 3 and later. */
const FLASHFXP_KEY = "yA36zA48dEhfrvghGRg57h5UlDv3";

/**
 * Undefined for what is not hexadecimal.
 * @param section name of the site's section: with folders in it, separated by U+0003, it is the key itself
 */
export function revealFlashfxp(text: string, section: string): string | undefined {
  if (!/^([0-9A-Fa-f]{2}){2,}$/.test(text)) return undefined;
  const octets = Buffer.from(text, "hex");
  const key = encodeText(section.includes("\u0003") ? section : FLASHFXP_KEY);
  const clear = Buffer.alloc(octets.length - 1);
  for (let at = 0; at < clear.length; at += 1) {
    const step = ((octets[at + 1] ?? 0) ^ (key[at % key.length] ?? 0)) - (octets[at] ?? 0);
    clear[at] = step < 0 ? step + 255 : step;
  }
  return decodeText(clear);
}

/** Undefined for what is not base64. */
export function revealBase64(text: string): string | undefined {
  const packed = text.replace(/[ \t\r\n]/g, "");
  return /^[A-Za-z0-9+/]*={0,2}$/.test(packed) && packed.length % 4 !== 1
    ? decodeText(Buffer.from(packed, "base64"))
    : undefined;
}
