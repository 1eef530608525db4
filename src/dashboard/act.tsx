import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** How long it is said that something was done. */
const SAID_MS = 4_000;

interface ActProps {
  readonly children: ComponentChildren;
  readonly act: () => Promise<unknown>;
  /** Said of the button where its words alone do not say what it is about. */
  readonly label?: string;
  /** What is asked before; absent: it is done at once. */
  readonly sure?: string;
  /** What is said afterwards, where nothing else shows that it was done. */
  readonly done?: string;
  readonly kind?: string;
}

/** A button that changes something, and says why where it could not. */
export function Act({ children, act, label, sure, done = "", kind = "" }: ActProps) {
  const [state, setState] = useState<"idle" | "asking" | "busy">("idle");
  const [fault, setFault] = useState("");
  const [said, setSaid] = useState("");
  const button = useRef<HTMLButtonElement>(null);
  const isReturning = useRef(false);
  useEffect(() => {
    // Who answered by the keyboard goes on where the question was asked.
    if (state === "idle" && isReturning.current) button.current?.focus();
    if (state === "idle") isReturning.current = false;
  }, [state]);
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const go = () => {
    isReturning.current = document.activeElement === button.current || state === "asking";
    setState("busy");
    setFault("");
    act()
      .then(() => setSaid(done))
      .catch((error: unknown) => setFault(error instanceof Error ? error.message : String(error)))
      .finally(() => setState("idle"));
  };
  const leave = () => {
    isReturning.current = true;
    setState("idle");
  };
  if (state === "asking")
    return (
      <span
        class="asking"
        role="group"
        aria-label={sure}
        onKeyDown={(event) => {
          if (event.key === "Escape") leave();
        }}
      >
        <span>{sure}</span>
        <button type="button" class="danger" onClick={go}>
          Yes
        </button>
        <First onClick={leave}>No</First>
      </span>
    );
  return (
    <>
      <button
        ref={button}
        type="button"
        class={kind}
        aria-disabled={state === "busy"}
        {...(label === undefined ? {} : { "aria-label": label })}
        onClick={() => {
          if (state !== "idle") return;
          if (sure === undefined) go();
          else setState("asking");
        }}
      >
        {children}
      </button>
      {done === "" ? null : (
        <span class="said-done" role="status">
          {said}
        </span>
      )}
      {fault === "" ? null : (
        <span class="fault" role="alert">
          {fault}
        </span>
      )}
    </>
  );
}

/** The answer that changes nothing has the focus at first. */
function First({ children, onClick }: { readonly children: string; readonly onClick: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <button type="button" ref={button} onClick={onClick}>
      {children}
    </button>
  );
}
