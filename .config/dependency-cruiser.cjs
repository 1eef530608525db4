/** A folder imports itself and the folders to its left; only edge files touch the world. */
const order = [
  "shared",
  "ftp",
  "transfer",
  "batch",
  "copy",
  "mirror",
  "files",
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

/** Files that may open sockets and read files. Which ones read clocks and chance is in eslint.config.js. */
const edges = [
  "src/shared/(clock|logger|reason-at|trust/trusted)\\.ts$",
  "src/ftp/(connection/.*|session/client)\\.ts$",
  "src/transfer/(sides/(side|local-side|local/.*)|move/(relay|segments/fill|third-party/call))\\.ts$",
  "src/mirror/carry/stamp\\.ts$",
  "src/state/",
  "src/config/(load/(directories|files|load-host|load-daemon|secrets|check|rules)|locations/foreign-url)\\.ts$",
  "src/wiring/hooks/start-program\\.ts$",
  "src/orchestrator/(kv/|claims/worker-lease|definitions|parts|reload|runs/transfer-log)",
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
      from: { path: "^src/" },
      to: { circular: true },
    },
    {
      name: "no-cycles-of-values-in-tests",
      severity: "error",
      from: { path: "^test/" },
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
    {
      name: "only-kv-and-stores-know-redis",
      comment:
        "All others have typed stores (kv/stores/stores.ts); a client and the names of keys are for these alone.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot:
          "^src/orchestrator/((kv|claims|slots|history)/|installation\\.ts|worker/queue/(queues|item-worker)\\.ts)",
      },
      to: { path: "^src/orchestrator/kv/(client|connect|names)\\.ts$" },
    },
    {
      name: "only-kv-imports-ioredis",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/orchestrator/kv/" },
      to: { path: "(^|/)ioredis(/|$)" },
    },
    {
      name: "only-the-queue-imports-bullmq",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/orchestrator/(worker/queue/|kv/check\\.ts)" },
      to: { path: "(^|/)bullmq(/|$)" },
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
