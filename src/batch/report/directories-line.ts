import type { IndexedDirectories } from "../events.ts";

/** How it is known of a mirror's directories that they are equal, for people. */
export function directoriesLine(directories: IndexedDirectories): string {
  const { compared, byStatus, byListing, targetTrusted } = directories;
  const evidence = [
    [byStatus, "by STAT"],
    [byListing, "by listing"],
    [targetTrusted, "at the source alone, with the target trusted"],
  ] as const;
  const shown = evidence.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const how = shown.length === 0 ? "" : ` (${shown.join(", ")})`;
  return `directories: ${compared} compared, ${byStatus + byListing + targetTrusted} unchanged${how}`;
}
