import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, token } from "./state/client.ts";
import { NotFound } from "./parts.tsx";
import { Places } from "./state/places.ts";
import { routeOf } from "./state/route.ts";
import { HostsPage } from "./pages/hosts-page.tsx";
import { JobPage } from "./pages/job-page.tsx";
import { LinksPage } from "./pages/links-page.tsx";
import { Overview } from "./pages/overview.tsx";
import type { PageProps } from "./page-props.ts";
import { RunPage } from "./pages/run-page.tsx";
import { SchedulePage } from "./pages/schedule-page.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { type OwnAccess, Store, useStore } from "./state/store.ts";
import { SystemPage } from "./pages/system-page.tsx";

const PAGES = [
  ["", "Overview"],
  ["links", "Links"],
  ["hosts", "Hosts"],
  ["schedule", "Schedule"],
  ["system", "System"],
] as const;

/** Of the window, so that tabs can be distinguished. */
function titleOf([page = "", ...names]: readonly string[]): string {
  const named = names.filter((name) => name !== "").join(" → ");
  return named === "" ? (PAGES.find(([name]) => name === page)?.[1] ?? "Not found") : named;
}

interface Shown {
  readonly route: readonly string[];
  /** Pixels that it is scrolled by at first. */
  readonly top: number;
}

function useRoute(): Shown {
  const read = () => routeOf(location.hash);
  const [shown, setShown] = useState<Shown>(() => ({ route: read(), top: 0 }));
  useEffect(() => {
    const places = new Places(history, Date.now());
    history.scrollRestoration = "manual";
    places.arrived();
    const changed = () => setShown({ route: read(), top: places.arrived() });
    const scrolled = () => places.scrolled(scrollY);
    addEventListener("hashchange", changed);
    addEventListener("scroll", scrolled, { passive: true });
    return () => {
      removeEventListener("hashchange", changed);
      removeEventListener("scroll", scrolled);
    };
  }, []);
  return shown;
}

type Entrance =
  | { readonly is: "asking" }
  | { readonly is: "inside"; readonly account: OwnAccess }
  | { readonly is: "outside"; readonly fault?: ApiError | undefined }
  | { readonly is: "away"; readonly fault: ApiError };

export function App() {
  const [entrance, setEntrance] = useState<Entrance>({ is: "asking" });
  const enter = () =>
    get<OwnAccess>("me").then(
      (account) => setEntrance({ is: "inside", account }),
      (error: unknown) => {
        const fault = error instanceof ApiError ? error : new ApiError(0, String(error));
        if (fault.status !== 401) return setEntrance({ is: "away", fault });
        const wasGiven = token.get() !== null;
        token.clear(); // it would be refused again
        setEntrance({ is: "outside", fault: wasGiven ? fault : undefined });
      },
    );
  useEffect(() => void enter(), []);
  const leave = () => {
    token.clear();
    void enter();
  };
  switch (entrance.is) {
    case "inside":
      return <Inside account={entrance.account} leave={leave} />;
    case "outside":
      return <SignIn fault={entrance.fault} enter={enter} />;
    case "away":
      return <Away fault={entrance.fault} enter={enter} />;
    case "asking":
      return <main class="alone" aria-busy="true" />;
  }
}

const AGAIN_MS = 5_000;

function Away({ fault, enter }: { readonly fault: ApiError; readonly enter: () => Promise<void> }) {
  useEffect(() => {
    const timer = setInterval(() => void enter(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <main class="alone">
      <h1>fxpd</h1>
      <p class="fault" role="alert">
        {fault.message}
      </p>
      <button type="button" onClick={() => void enter()}>
        Try again
      </button>
    </main>
  );
}

function Inside({ account, leave }: { readonly account: OwnAccess; readonly leave: () => void }) {
  const [store] = useState(() => new Store());
  const { route, top } = useRoute();
  const [page = ""] = route;
  const main = useRef<HTMLElement>(null);
  useStore(store);
  useEffect(() => {
    const ending = new AbortController();
    void store.follow(ending.signal);
    return () => ending.abort();
  }, [store]);
  const hasOwnStream = page === "run";
  useEffect(() => {
    if (hasOwnStream) return;
    const ending = new AbortController();
    void store.listen(ending.signal);
    return () => ending.abort();
  }, [store, hasOwnStream]);
  const title = titleOf(route);
  const key = route.join("/");
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} – fxpd`;
    // Who reads by ear or by key begins with the page that was asked for.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    if (!isFirst.current) scrollTo(0, top);
    isFirst.current = false;
  }, [key]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          fxpd
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([name, text]) => (
            <a key={name} href={`#/${name}`} {...(name === page ? { "aria-current": "page" } : {})}>
              {text}
            </a>
          ))}
        </nav>
        <span class="account">
          <span title={`role: ${account.role}`}>
            {account.name}
            {account.role === "read" ? " · read-only" : ""}
          </span>
          {account.tokens ? (
            <button type="button" class="plain" onClick={leave}>
              Sign out
            </button>
          ) : null}
        </span>
      </header>
      <div role="status" class="connection">
        <Banner store={store} leave={leave} />
      </div>
      <main id="main" tabIndex={-1} ref={main} class={account.role === "operate" ? "" : "read-only"}>
        <Page
          route={route}
          store={store}
          mayOperate={account.role === "operate"}
          isLimited={account.limited}
        />
      </main>
    </>
  );
}

/** What keeps the page from being true, in one line over all pages. */
function Banner({ store, leave }: { readonly store: Store; readonly leave: () => void }) {
  const { fault, troubles } = store;
  if (fault?.status === 401)
    return (
      <p class="bad">
        The token is no longer accepted.{" "}
        <button type="button" onClick={leave}>
          Sign in
        </button>
      </p>
    );
  if (fault !== undefined)
    return <p>Connection lost: {fault.message}. What is shown may be out of date; reconnecting…</p>;
  if (troubles.length > 0) return <p>fxpd is not ready: {troubles.join("; ")}.</p>;
  return null;
}

interface RoutedProps extends PageProps {
  readonly route: readonly string[];
  /** Whether the token is for some jobs only: what concerns all of them is refused. */
  readonly isLimited: boolean;
}

function Page({ route, isLimited, ...props }: RoutedProps) {
  const [page = "", one = "", two = ""] = route;
  switch (page) {
    case "run":
      return <RunPage key={one} id={one} {...props} />;
    case "job":
      return <JobPage key={one} name={one} {...props} />;
    case "links":
      return <LinksPage source={one} target={two} {...props} />;
    case "hosts":
      return <HostsPage name={one} {...props} mayOperate={props.mayOperate && !isLimited} />;
    case "schedule":
      return <SchedulePage {...props} />;
    case "system":
      return <SystemPage isLimited={isLimited} {...props} />;
    case "":
      return <Overview {...props} />;
    default:
      return (
        <NotFound>
          There is no page <code>{route.join("/")}</code>.
        </NotFound>
      );
  }
}
