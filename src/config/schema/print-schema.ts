import { schemas } from "./schemas.ts";

/** `tsx src/config/schema/print-schema.ts host > config/schema/host.json`; a test says when that is due. */
const [, , name = ""] = process.argv;
process.stdout.write(`${JSON.stringify(schemas[name as keyof typeof schemas], null, 2)}\n`);
