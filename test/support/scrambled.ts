/** What WinSCP writes for a password: the inverse of `revealWinscp`, without what it puts in at random. */
export function scrambledByWinscp(password: string, user: string, host: string): string {
  const clear = Buffer.from(user + host + password);
  const octets = Buffer.concat([
    Buffer.of(0xff, 2, clear.length >> 8, clear.length & 0xff, 3, 7, 7, 7),
    clear,
  ]);
  return Buffer.from(octets.map((octet) => (~octet & 0xff) ^ 0xa3))
    .toString("hex")
    .toUpperCase();
}

/** What FlashFXP writes for a password: the inverse of `revealFlashfxp`. */
export function scrambledByFlashfxp(password: string, section: string): string {
  const key = Buffer.from(section.includes("\u0003") ? section : "yA36zA48dEhfrvghGRg57h5UlDv3");
  const octets = [0x5f];
  for (const [at, octet] of Buffer.from(password).entries()) {
    const sum = (octets[at] ?? 0) + octet;
    octets.push((sum > 255 ? sum - 255 : sum) ^ (key[at % key.length] ?? 0));
  }
  return Buffer.from(octets).toString("hex").toUpperCase();
}
