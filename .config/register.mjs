// `node --import ./.config/register.mjs FILE.ts`: TypeScript as the bundle and the tests have it, for what runs from source.
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
