import { useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, token } from "../state/client.ts";

/** The token goes into a header of each request, and is forgotten when the tab is closed. */
export function SignIn({
  fault,
  enter,
}: {
  readonly fault: ApiError | undefined;
  readonly enter: () => Promise<void>;
}) {
  const [value, setValue] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (fault !== undefined) input.current?.select();
  }, [fault]);
  return (
    <main class="alone">
      <h1>fxpd</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          token.set(value.trim());
          void enter();
        }}
      >
        <label for="token">Token</label>
        <input
          ref={input}
          id="token"
          type="password"
          autocomplete="current-password"
          required
          aria-describedby="token-help"
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Sign in
        </button>
        {fault !== undefined ? (
          <p class="fault" role="alert">
            {fault.message}
          </p>
        ) : null}
        <p id="token-help" class="muted">
          Use one of <code>api.tokens</code> in <code>config/daemon.yaml</code>. It is kept until this tab is
          closed.
        </p>
      </form>
    </main>
  );
}
