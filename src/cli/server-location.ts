import { HOST_NAME, type Location, parseLocation } from "../config/locations/location.ts";
import { ConfigError } from "../shared/errors.ts";

/** Where a server is: a bare name is a host, anything else a location. @throws ConfigError for this machine */
export function serverLocation(text: string): Exclude<Location, { kind: "local" }> {
  const location = parseLocation(HOST_NAME.test(text) ? `${text}:` : text);
  if (location.kind === "local")
    throw new ConfigError(`"${text}" is on this machine; expected a host, host:path or a URL`);
  return location;
}
