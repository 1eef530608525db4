import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, token } from "./state/client.ts";
import { HostsPage } from "./pages/hosts-page.tsx";
import { JobPage } from "./pages/job-page.tsx";
import { LinksPage } from "./pages/links-page.tsx";
import { Overview } from "./pages/overview.tsx";
import type { PageProps } from "./page-props.ts";
import { RunPage } from "./pages/run-page.tsx";
import { SchedulePage } from "./pages/schedule-page.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { type Account, Store, useStore } from "./state/store.ts";
import { SystemPage } from "./pages/system-page.tsx";

const PAGES = [
  ["", "Overview"],
  ["links", "Links"],
  ["hosts", "Hosts"],
  ["schedule", "Schedule"],
  ["system", "System"],
] as const;

/** What is behind `#/`, in parts. */
function useRoute(): readonly string[] {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => {
      setRoute(read());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

export function App() {
  const [account, setAccount] = useState<Account | undefined>();
  const [fault, setFault] = useState<ApiError | undefined>();
  const enter = () => {
    get<Account>("me").then(
      (me) => {
        setAccount(me);
        setFault(undefined);
      },
      (error: unknown) => setFault(error instanceof ApiError ? error : new ApiError(0, String(error))),
    );
  };
  useEffect(enter, []);
  const leave = () => {
    token.clear();
    setAccount(undefined);
    enter();
  };
  if (account !== undefined) return <Inside account={account} leave={leave} />;
  if (fault?.status === 401 || token.get() !== null) return <SignIn fault={fault} enter={enter} />;
  if (fault === undefined) return <main class="alone" aria-busy="true" />;
  return (
    <main class="alone">
      <h1>fxpd</h1>
      <p class="fault" role="alert">
        {fault.message}
      </p>
      <button type="button" onClick={enter}>
        Try again
      </button>
    </main>
  );
}

function Inside({ account, leave }: { readonly account: Account; readonly leave: () => void }) {
  const [store] = useState(() => new Store());
  const route = useRoute();
  const [page = ""] = route;
  const main = useRef<HTMLElement>(null);
  useStore(store);
  useEffect(() => {
    const ending = new AbortController();
    void store.follow(ending.signal);
    return () => ending.abort();
  }, [store]);
  const title = PAGES.find(([name]) => name === page)?.[1] ?? route[1] ?? "";
  const key = route.join("/");
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} – fxpd`;
    // Who reads by ear or by key begins with the page that was asked for.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [key]);
  const isGone = store.fault?.status === 401;
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
        {store.fault === undefined ? null : isGone ? (
          <p>
            The token is not accepted any more.{" "}
            <button type="button" onClick={leave}>
              Sign in
            </button>
          </p>
        ) : (
          <p>Connection lost: {store.fault.message}. What is shown may be old; trying again…</p>
        )}
      </div>
      <main id="main" tabIndex={-1} ref={main}>
        <Page route={route} store={store} mayOperate={account.role === "operate"} />
      </main>
    </>
  );
}

function Page({ route, ...props }: PageProps & { readonly route: readonly string[] }) {
  const [page = "", one = "", two = ""] = route;
  switch (page) {
    case "run":
      return <RunPage key={one} id={one} {...props} />;
    case "job":
      return <JobPage key={one} name={one} {...props} />;
    case "links":
      return <LinksPage source={one} target={two} {...props} />;
    case "hosts":
      return <HostsPage {...props} />;
    case "schedule":
      return <SchedulePage {...props} />;
    case "system":
      return <SystemPage {...props} />;
    default:
      return <Overview {...props} />;
  }
}
