import type { RunView } from "../../../api/views/schemas.ts";
import { post } from "../../state/client.ts";
import { Act } from "../../act.tsx";
import { Badge } from "../../parts.tsx";
import { runStateOf } from "../../state/model.ts";
import { hrefOf } from "../../state/route.ts";

interface TitleProps {
  readonly run: RunView;
  readonly mayOperate: boolean;
  /** Whether its record has been removed. */
  readonly isGone: boolean;
}

export function Title({ run, mayOperate, isGone }: TitleProps) {
  const path = `runs/${encodeURIComponent(run.id)}`;
  const isOpen = run.state !== "ended";
  const state = runStateOf(run);
  return (
    <div class="bar title">
      <div>
        <h1>
          <a href={hrefOf("job", run.job)}>{run.job}</a>{" "}
          <Badge state={isOpen && isGone ? "removed" : state} />
          {run.dryRun ? <Badge state="dry run" /> : null}
        </h1>
        <p class="muted id">{run.id}</p>
      </div>
      {mayOperate && !isGone ? (
        <div class="acts">
          {isOpen && run.wish !== "cancel" ? (
            <>
              {run.wish === "pause" ? (
                <Act act={() => post(`${path}/resume`)}>Resume</Act>
              ) : (
                <Act act={() => post(`${path}/pause`)}>Pause</Act>
              )}
              <Act kind="danger" sure="Cancel this run?" act={() => post(`${path}/cancel`)}>
                Cancel
              </Act>
            </>
          ) : null}
          {!isOpen && run.files.failed > 0 ? (
            <Act
              act={async () => {
                const { id } = await post<RunView>(`${path}/retry`);
                location.hash = hrefOf("run", id);
              }}
            >
              Retry failed files
            </Act>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
