import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { healthz, readyz } from "../../src/api/routes/health.ts";
import { DaemonFile } from "../../src/config/schema/daemon.ts";

// The manifests in config/kubernetes, by what they are made of: no cluster is asked.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const K8S = "config/kubernetes";

const Name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const Labels = z.record(z.string(), z.string());
const Metadata = z.strictObject({ name: Name, labels: Labels.optional() });
const Quantity = z.string().regex(/^\d+(m|Ki|Mi|Gi)?$/);
const Amounts = z.strictObject({ cpu: Quantity.optional(), memory: Quantity });
const KeyRef = z.strictObject({ secretKeyRef: z.strictObject({ name: Name, key: z.string() }) });
const Times = {
  periodSeconds: z.int().positive().optional(),
  timeoutSeconds: z.int().positive().optional(),
  failureThreshold: z.int().positive().optional(),
};
const Probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }).optional(),
  tcpSocket: z.strictObject({ port: z.string() }).optional(),
  exec: z.strictObject({ command: z.array(z.string()) }).optional(),
  ...Times,
});
/** What each container has to say, as the API of Kubernetes calls it; no other key is allowed. */
const Container = z.strictObject({
  name: Name,
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  workingDir: z.string().optional(),
  env: z.array(z.strictObject({ name: z.string(), valueFrom: KeyRef })).default([]),
  envFrom: z.array(z.strictObject({ secretRef: z.strictObject({ name: Name }) })).default([]),
  ports: z.array(z.strictObject({ name: Name, containerPort: z.int() })).default([]),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  resources: z.strictObject({ requests: Amounts.required(), limits: Amounts }),
  volumeMounts: z.array(
    z.strictObject({
      name: Name,
      mountPath: z.string().startsWith("/"),
      subPath: z.string().optional(),
      readOnly: z.boolean().optional(),
    }),
  ),
});
const Volume = z.union([
  z.strictObject({ name: Name, configMap: z.strictObject({ name: Name }) }),
  z.strictObject({
    name: Name,
    emptyDir: z.strictObject({ medium: z.literal("Memory").optional(), sizeLimit: Quantity }),
  }),
]);
const Pod = z.strictObject({
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  terminationGracePeriodSeconds: z.int(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().positive(),
    runAsGroup: z.int().positive(),
    fsGroup: z.int().positive(),
    seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
  }),
  initContainers: z.array(Container).default([]),
  containers: z.array(Container).length(1),
  volumes: z.array(Volume),
});
const Claim = z.strictObject({
  metadata: Metadata,
  spec: z.strictObject({
    accessModes: z.tuple([z.literal("ReadWriteOnce")]),
    resources: z.strictObject({ requests: z.strictObject({ storage: Quantity }) }),
  }),
});
const Workload = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.enum(["Deployment", "StatefulSet"]),
  metadata: Metadata,
  spec: z.strictObject({
    replicas: z.int().positive(),
    serviceName: Name.optional(),
    podManagementPolicy: z.literal("Parallel").optional(),
    selector: z.strictObject({ matchLabels: Labels }),
    template: z.strictObject({ metadata: z.strictObject({ labels: Labels }), spec: Pod }),
    volumeClaimTemplates: z.array(Claim).default([]),
  }),
});
const Service = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata: Metadata,
  spec: z.strictObject({
    clusterIP: z.literal("None").optional(),
    publishNotReadyAddresses: z.boolean().optional(),
    selector: Labels,
    ports: z.array(z.strictObject({ name: Name, port: z.int(), targetPort: z.string() })).default([]),
  }),
});
const Generator = z.strictObject({ name: Name, files: z.array(z.string()) });
const Kustomization = z.strictObject({
  apiVersion: z.literal("kustomize.config.k8s.io/v1beta1"),
  kind: z.literal("Kustomization"),
  namespace: Name.optional(),
  resources: z.array(z.string()),
  configMapGenerator: z.array(Generator).default([]),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
});

const directories = ["base", "redis", "example"];
const kustomizations = directories.map((directory) => ({
  directory,
  ...Kustomization.parse(parse(read(`${K8S}/${directory}/kustomization.yaml`))),
}));
const documents = kustomizations.flatMap(({ directory, resources }) =>
  resources
    .filter((resource) => resource.endsWith(".yaml"))
    .flatMap((file) => parseAllDocuments(read(`${K8S}/${directory}/${file}`)))
    .map((document) => document.toJS() as { readonly kind: string }),
);
const workloads = documents.filter(({ kind }) => kind !== "Service").map((one) => Workload.parse(one));
const services = documents.filter(({ kind }) => kind === "Service").map((one) => Service.parse(one));
const named = workloads.map((workload) => [workload.metadata.name, workload] as const);
const ours = named.filter(([name]) => name !== "redis");

const podOf = (name: string) => {
  const [, workload] = named.find(([one]) => one === name) ?? [];
  if (workload === undefined) throw new Error(`no ${name}`);
  const { spec } = workload.spec.template;
  const [container] = spec.containers;
  if (container === undefined) throw new Error(`${name} has no container`);
  return { workload, spec, container };
};

test("each directory names what is there, and all that is there", () => {
  for (const { directory, resources, configMapGenerator } of kustomizations) {
    const files = [...resources, ...configMapGenerator.flatMap((one) => one.files)];
    for (const file of files) expect(() => readdirSync(join(ROOT, K8S, directory, file, ".."))).not.toThrow();
    const there = readdirSync(join(ROOT, K8S, directory), { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith(".yaml")).toSorted()).toEqual(
      there.filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml").toSorted(),
    );
  }
});

test("there are a scheduler, workers, the API and a Redis that can be left out", () => {
  expect(ours.map(([name]) => name)).toEqual(["scheduler", "worker", "api"]);
  expect(kustomizations.find(({ directory }) => directory === "redis")?.resources).toEqual(["redis.yaml"]);
  const base = kustomizations.find(({ directory }) => directory === "base");
  expect(base?.resources.join(" ")).not.toContain("redis");
});

describe.each(named)("%s", (_, { spec, metadata }) => {
  const pod = spec.template.spec;

  test("selects its own pods, and has the service that it names", () => {
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
    expect(metadata.labels).toMatchObject(spec.selector.matchLabels);
    if (spec.serviceName !== undefined)
      expect(services.map(({ metadata: service }) => service.name)).toContain(spec.serviceName);
  });

  test("mounts the volumes that it has, and has none that it does not mount", () => {
    const volumes = [
      ...pod.volumes.map(({ name }) => name),
      ...spec.volumeClaimTemplates.map(({ metadata: claim }) => claim.name),
    ];
    const mounts = [...pod.initContainers, ...pod.containers].flatMap(({ volumeMounts }) =>
      volumeMounts.map(({ name }) => name),
    );
    expect([...new Set(mounts)].toSorted()).toEqual(volumes.toSorted());
  });

  test("its probes ask a port that it has", () => {
    for (const { ports, livenessProbe, readinessProbe } of pod.containers)
      for (const probe of [livenessProbe, readinessProbe]) {
        const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
        if (port !== undefined) expect(ports.map(({ name }) => name)).toContain(port);
      }
  });
});

describe.each(ours)("%s", (name, { spec }) => {
  const pod = spec.template.spec;
  const [container] = pod.containers;

  test("runs its part as the user of the image, with configuration and state where the image looks", () => {
    const dockerfile = read("config/docker/Dockerfile");
    expect([container?.image, container?.args]).toEqual(["fxpd", [name]]);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(pod.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 1000 });
    const paths = container?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];
    for (const variable of ["FXPD_CONFIG", "FXPD_STATE"])
      expect(paths).toContain(new RegExp(`${variable}=(\\S+)`).exec(dockerfile)?.[1]);
    expect(paths).toContain("/tmp");
  });

  test("has the ConfigMaps that are generated", () => {
    const generated = kustomizations.flatMap(({ configMapGenerator }) =>
      configMapGenerator.map((one) => one.name),
    );
    const used = pod.volumes.flatMap((volume) => ("configMap" in volume ? [volume.configMap.name] : []));
    expect(used.toSorted()).toEqual(generated.toSorted());
  });

  test("has more time to end than files in flight", () => {
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(DaemonFile.parse({}).shutdown.grace);
  });
});

test("services select pods that are there, and ports that these have", () => {
  for (const { metadata, spec } of services) {
    const [, workload] =
      named.find(([, { spec: one }]) => {
        const labels = Object.entries(one.template.metadata.labels);
        return Object.entries(spec.selector).every(([key, value]) =>
          labels.some(([name, is]) => name === key && is === value),
        );
      }) ?? [];
    expect(workload?.metadata.name).toBe(metadata.name);
    const ports = workload?.spec.template.spec.containers.flatMap((one) => one.ports) ?? [];
    for (const { port, targetPort } of spec.ports)
      expect(ports).toContainEqual({ name: targetPort, containerPort: port });
  }
});

test("the API is asked for its health where it tells it, on the port that it listens on", () => {
  const { container } = podOf("api");
  const daemon = DaemonFile.parse(parse(read(`${K8S}/base/daemon.yaml`)));
  expect(container.livenessProbe?.httpGet?.path).toBe(healthz.path);
  expect(container.readinessProbe?.httpGet?.path).toBe(readyz.path);
  expect([healthz.role, readyz.role]).toEqual(["anybody", "anybody"]);
  expect(container.ports).toEqual([{ name: "http", containerPort: daemon.api.port }]);
});

test("secrets come from Secrets: each part has those that daemon.yaml names for it, and only workers those of hosts", () => {
  const { redis, api, signingKeyFrom } = DaemonFile.parse(parse(read(`${K8S}/base/daemon.yaml`)));
  const ofAll = [redis.passwordFrom, signingKeyFrom].map((from) => (from as { readonly env: string }).env);
  const ofApi = api.tokens.map(({ tokenFrom }) => (tokenFrom as { readonly env: string }).env);
  const given = (name: string) => podOf(name).container.env.map((one) => one.name);
  expect([given("scheduler"), given("worker"), given("api")]).toEqual([ofAll, ofAll, [...ofAll, ...ofApi]]);
  expect(given("redis")).toEqual(["REDIS_PASSWORD"]);
  const hosts = [...ours.map(([name]) => name), "redis"].filter(
    (name) => podOf(name).container.envFrom.length > 0,
  );
  expect(hosts).toEqual(["worker"]);
  // Each under its own name, in the Secret that the example tells how to make.
  const example = read(`${K8S}/example/kustomization.yaml`);
  for (const [, { spec }] of named)
    for (const { name, valueFrom } of spec.template.spec.containers.flatMap(({ env }) => env)) {
      expect(valueFrom.secretKeyRef).toEqual({ name: "fxpd", key: name });
      expect(example).toContain(`--from-literal=${name}=`);
    }
  for (const file of readdirSync(join(ROOT, K8S, "example/hosts"))) {
    const { passwordFrom } = parse(read(`${K8S}/example/hosts/${file}`)) as { passwordFrom: { env: string } };
    expect(example).toContain(`--from-literal=${passwordFrom.env}=`);
  }
});

test("Redis is reached by the name and port of its service, and keeps what it has", () => {
  const { redis } = DaemonFile.parse(parse(read(`${K8S}/base/daemon.yaml`)));
  const service = services.find(({ metadata }) => metadata.name === "redis");
  expect(redis.url).toMatchObject({ address: { host: "redis", port: service?.spec.ports[0]?.port } });
  const script = podOf("redis").container.command?.at(-1);
  for (const option of ["--appendonly yes", "--maxmemory-policy noeviction"])
    expect(script).toContain(option);
  const compose = parse(read("docker-compose.yml"), { merge: true }) as {
    readonly services: { readonly redis: { readonly image: string } };
  };
  expect(podOf("redis").container.image).toBe(compose.services.redis.image);
});

test("the hosts and the job of the example are those of config/hosts and jobs", () => {
  const withoutSchema = (path: string) => read(path).replace(/^# yaml-language-server:.*\n/, "");
  for (const file of readdirSync(join(ROOT, K8S, "example/hosts")))
    expect(withoutSchema(`${K8S}/example/hosts/${file}`)).toBe(withoutSchema(`config/hosts/${file}`));
  for (const file of readdirSync(join(ROOT, K8S, "example/jobs")))
    expect(withoutSchema(`${K8S}/example/jobs/${file}`)).toBe(withoutSchema(`jobs/${basename(file)}`));
});

test("the tag of the image is the version of the program", () => {
  const { version } = JSON.parse(read("package.json")) as { readonly version: string };
  const images = kustomizations.flatMap((one) => one.images);
  expect(images).toMatchObject([{ name: "fxpd", newTag: version }]);
});
