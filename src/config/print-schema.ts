import { schemas } from "./schemas.ts";

/** `tsx src/config/print-schema.ts host > config/schema/host.json`; a test says when that is due. */
const name = process.argv[2] === "job" ? "job" : "host";
process.stdout.write(`${JSON.stringify(schemas[name], null, 2)}\n`);
