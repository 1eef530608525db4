/** A folder imports itself and the folders to its left; only edge files touch the world. */
const order = [
  "shared",
  "ftp",
  "transfer",
  "batch",
  "copy",
  "mirror",
  "state",
  "schedule",
  "config",
  "wiring",
  "console",
  "orchestrator",
  "api",
  "dashboard",
  "cli",
];

const towardsTheCore = order.slice(0, -1).map((folder, index) => ({
  name: `${folder}-imports-only-to-its-left`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: `^src/(${order.slice(index + 1).join("|")})/` },
}));

/** Files that may open sockets, read files, clocks or chance. Every other file of `src` is pure. */
const edges = [
  "src/shared/(clock|logger|trusted)\\.ts$",
  "src/ftp/(connection/.*|session/client)\\.ts$",
  "src/transfer/(sides/(side|local-side|local/.*)|move/(relay|third-party/call))\\.ts$",
  "src/mirror/carry/stamp\\.ts$",
  "src/state/",
  "src/config/(load/(directories|files|load-host|load-daemon|secrets|check|rules)|locations/foreign-url)\\.ts$",
  "src/orchestrator/(kv/|claims/worker-lease|definitions|parts|reload)",
  "src/api/(server|page-files)\\.ts$",
  // It asks `node:net` only what kind of address a text is.
  "src/ftp/address\\.ts$",
  "src/cli/",
];

module.exports = {
  forbidden: [
    ...towardsTheCore,
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "only-edges-touch-the-world",
      severity: "error",
      from: { path: "^src/", pathNot: edges },
      to: {
        path: "^(node:)?(net|tls|fs|dns|child_process|http|https|os|stream)(/|$)",
        dependencyTypes: ["core"],
      },
    },
    {
      name: "the-page-knows-the-api-only-by-its-types",
      severity: "error",
      from: { path: "^src/dashboard/" },
      to: { path: "^src/(?!dashboard/)", dependencyTypesNot: ["type-only"] },
    },
    { name: "src-stands-without-tests", severity: "error", from: { path: "^src/" }, to: { path: "^test/" } },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
  },
};
