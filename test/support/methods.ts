import { methodsFor } from "../../src/transfer/methods.ts";

const willing = {
  name: "",
  address: "192.0.2.1",
  allowsClear: true,
  canBePassive: true,
  isBetterPassive: false,
};

/** Every way in which two servers over IPv4 can do a third-party transfer. */
export const ALL_METHODS = methodsFor(willing, willing);
