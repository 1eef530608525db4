import tseslint from "typescript-eslint";

const WEAK = {
  object: "AbortSignal",
  property: "any",
  message: "Take anySignal: the garbage collector takes what this one waits for.",
};

/** Types are checked by tsc; this finds what types cannot: forgotten promises, open switches, `any`. */
export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", ".config/**"] },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unsafe-assignment": "error",
      "@typescript-eslint/no-unsafe-argument": "error",
      "@typescript-eslint/no-unsafe-call": "error",
      "@typescript-eslint/no-unsafe-member-access": "error",
      "@typescript-eslint/no-unsafe-return": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unnecessary-type-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "prefer-const": "error",
      "no-var": "error",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: { "no-restricted-properties": ["error", WEAK] },
  },
  {
    // Time and chance are passed in; only these read them, and hand them on.
    files: ["src/**/*.ts"],
    ignores: [
      "src/shared/clock.ts",
      "src/ftp/connection/**",
      "src/transfer/sides/**",
      "src/state/**",
      "src/orchestrator/{parts,watchers}.ts",
      "src/orchestrator/claims/{claims,worker-lease}.ts",
      "src/orchestrator/kv/embedded/**",
      "src/cli/**",
      "src/dashboard/**",
    ],
    rules: {
      "no-restricted-properties": [
        "error",
        WEAK,
        { object: "Date", property: "now", message: "Take a Clock." },
        { object: "performance", property: "now", message: "Take a Clock, or what counts elapsed time." },
        { object: "Math", property: "random", message: "Take `chance` as an argument." },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Take a Clock." },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
    },
  },
);
