import { isFault, reason } from '#kernel';
import type { CapabilityJob, PlaneNeed, PlaneTool, ToolPlane, ToolView } from '#plugins/tool-client/api';

/** How often a job is looked at where nothing tells of it. */
const LOOK_MS = 2_000;
const AGAIN_MS = 250;

export type WaitOutcome =
  | { readonly kind: 'there'; readonly tools: readonly PlaneTool[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }
  | { readonly kind: 'late'; readonly approval?: string };

export interface Waiting {
  /** ms since 1970; asked for again at each look, because a wait for a person may last longer. */
  until(job: CapabilityJob | undefined): number;
  readonly signal: AbortSignal;
  /** Once, when it does not come at once. */
  readonly onWait: (job: CapabilityJob | undefined) => void;
}

/**
 * Asks for a capability and waits for the tools that answer it: for the version of the listing, not for an event, so that
 * none can be lost. What was registered by others and has the capability ends the wait as well. Asking again is the same
 * job: a wait that was cut off is begun anew.
 */
export async function awaitCapability(plane: ToolPlane, need: PlaneNeed, waiting: Waiting): Promise<WaitOutcome> {
  const { signal } = waiting;
  const before = plane.view;
  let job: CapabilityJob | undefined;
  let isTold = false;
  using told = jobNews(plane, () => job?.id);
  for (;;) {
    const { view } = plane;
    try {
      // Before the first answer, and where the server does not know the job any more.
      job = job === undefined ? await plane.request(need, signal) : await plane.job(job.id, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isFault(error)) throw error;
      if (error.code === 'JOB_UNKNOWN') job = undefined;
      else if (error.code !== 'PLANE_UNREACHABLE') return { kind: 'failed', code: error.code, message: reason(error) };
    }
    const outcome = concluded(job, before, plane.view, need);
    if (outcome !== undefined) return outcome;
    const left = waiting.until(job) - Date.now();
    if (left <= 0) return { kind: 'late', ...(job?.approval !== undefined && { approval: job.approval }) };
    if (!isTold) waiting.onWait(job);
    isTold = true;
    await news(plane, view, told, Math.min(left, job === undefined ? AGAIN_MS : LOOK_MS), signal);
  }
}

function concluded(
  job: CapabilityJob | undefined,
  before: ToolView,
  now: ToolView,
  { capabilities }: PlaneNeed,
): WaitOutcome | undefined {
  if (job?.state === 'done') {
    const tools = [...now.tools.values()].filter(({ id }) => job.tools.includes(id));
    if (tools.length > 0 || job.tools.length === 0) return { kind: 'there', tools };
  }
  const wanted = new Set(capabilities.map(plain));
  const come = [...now.tools.values()].filter(
    (tool) => !before.tools.has(tool.name) && tool.capabilities.some((each) => wanted.has(plain(each))),
  );
  if (come.length > 0) return { kind: 'there', tools: come };
  if (job?.state !== 'failed' && job?.state !== 'cancelled') return undefined;
  const { code = 'CAPABILITY_FAILED', message = `the job was ${job.state}`, hint } = job.error ?? {};
  return { kind: 'failed', code, message, ...(hint !== undefined && { hint }) };
}

const plain = (capability: string): string => capability.toLowerCase().replace(/[\s_-]+/g, '_');

interface JobNews extends Disposable {
  next(): Promise<void>;
}

/** Remembers what was told between two looks. */
function jobNews(plane: ToolPlane, mine: () => string | undefined): JobNews {
  let isNew = false;
  let wake: (() => void) | undefined;
  const stop = plane.onJob(({ id, state }) => {
    if (id !== mine() || state === 'running') return;
    isNew = true;
    wake?.();
  });
  return {
    next: () =>
      new Promise<void>((resolve) => {
        wake = () => {
          isNew = false;
          resolve();
        };
        if (isNew) wake();
      }),
    [Symbol.dispose]: stop,
  };
}

async function news(plane: ToolPlane, seen: ToolView, told: JobNews, ms: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), ms);
  try {
    const listed = plane.changed(seen.version, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    await Promise.race([listed, told.next()]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
  signal.throwIfAborted();
}
