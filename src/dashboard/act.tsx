import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** How long a confirmation is shown, and a fault: later they may not be true any more. */
const CONFIRMATION_MS = 4_000;
const FAULT_MS = 30_000;

interface ActProps {
  readonly children: ComponentChildren;
  readonly act: () => Promise<unknown>;
  /** The button's label for screen readers where its text alone does not say what it is about. */
  readonly label?: string;
  /** What is asked before; absent: it is done at once. */
  readonly sure?: string;
  /** The confirmation afterwards, where nothing else shows that it was done. */
  readonly done?: string;
  readonly kind?: string;
  /** Whether what it begins goes on already: it keeps its place, and the focus, until it can be asked again. */
  readonly isBusy?: boolean;
}

/** A button that changes something, and says why where it could not. */
export function Act({ children, act, label, sure, done = "", kind = "", isBusy = false }: ActProps) {
  const [state, setState] = useState<"idle" | "asking" | "busy">("idle");
  const [fault, setFault] = useState("");
  const [confirmation, setConfirmation] = useState("");
  const button = useRef<HTMLButtonElement>(null);
  const question = useRef<HTMLSpanElement>(null);
  const isReturning = useRef(false);
  useLayoutEffect(() => {
    // Who answered by the keyboard goes on where the question was asked.
    if (state !== "asking" && isReturning.current) button.current?.focus();
    isReturning.current = false;
  }, [state]);
  useLayoutEffect(
    () => () => {
      const { activeElement } = document;
      if (activeElement === null) return;
      // What could be done cannot be done any more: the focus stays on the page that says why.
      if (activeElement === button.current || question.current?.contains(activeElement) === true)
        document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
    },
    [],
  );
  useEffect(() => {
    if (confirmation === "") return;
    const timer = setTimeout(() => setConfirmation(""), CONFIRMATION_MS);
    return () => clearTimeout(timer);
  }, [confirmation]);
  useEffect(() => {
    if (fault === "") return;
    const timer = setTimeout(() => setFault(""), FAULT_MS);
    return () => clearTimeout(timer);
  }, [fault]);
  const go = () => {
    isReturning.current = state === "asking";
    setState("busy");
    setFault("");
    act()
      .then(() => setConfirmation(done))
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
        ref={question}
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
        aria-disabled={isBusy || state === "busy"}
        {...(label === undefined ? {} : { "aria-label": label })}
        onClick={() => {
          if (isBusy || state !== "idle") return;
          if (sure === undefined) go();
          else setState("asking");
        }}
      >
        {children}
      </button>
      {done === "" ? null : (
        <span class="confirmation" role="status">
          {confirmation}
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
