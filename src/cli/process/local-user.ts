import { userInfo } from "node:os";

/** Who runs this process, as the audit trail has it; behind sudo, who that is as well. */
export function localUser(): string {
  const name = nameOfUser();
  const behind = process.env["SUDO_USER"];
  return behind === undefined || behind === "" || behind === name ? name : `${name} (sudo by ${behind})`;
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`; // a container may have no name for it
  }
}
