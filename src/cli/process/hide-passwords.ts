import { hidePasswords } from "./process-title.ts";

hidePasswords(process.argv.slice(2));
