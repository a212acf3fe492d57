import { fault, reason } from '#kernel';
import type { FunctionTool, ToolResult } from '#plugins/tool-registry/api';
import type { CallOptions, ToolOutcome } from './api.ts';
import { cancelled, timedOut } from './faults.ts';

/** Runs a tool that is a function in this process, with the same limits as one that is not. */
export async function runFunction(
  tool: { readonly server: string; readonly name: string },
  run: FunctionTool,
  parameters: Readonly<Record<string, unknown>>,
  options: CallOptions,
  timeoutMs: number,
): Promise<ToolOutcome> {
  const abort = new AbortController();
  const { signal, meta, caller } = options;
  const token = meta?.progressToken;
  const notify = token === undefined ? undefined : caller?.peer?.notify?.bind(caller.peer);
  const progress = (done: number, total?: number, message?: string): void => {
    const params = {
      progressToken: token,
      progress: done,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    };
    notify?.({ method: 'notifications/progress', params });
  };
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const interrupted = new Promise<never>((_, failed) => {
    const stop = (error: Error): void => {
      failed(error);
      abort.abort(error);
    };
    if (timeoutMs > 0) timer = setTimeout(() => stop(timedOut(tool.server, tool.name, timeoutMs)), timeoutMs);
    onAbort = () => stop(cancelled(tool.server, tool.name));
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
  });
  interrupted.catch(() => {});
  try {
    const work = (async () => run.run(parameters, { signal: abort.signal, progress }))();
    work.catch(() => {});
    return outcome(
      toResult(
        await Promise.race([work, interrupted]).catch((error: unknown) => {
          if (abort.signal.aborted) throw abort.signal.reason;
          return { content: [{ type: 'text', text: reason(error) }], isError: true };
        }),
      ),
    );
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

function toResult(value: unknown): ToolResult {
  if (typeof value === 'string') return { content: [{ type: 'text', text: value }] };
  if (typeof value === 'object' && value !== null && Array.isArray((value as Partial<ToolResult>).content))
    return value as ToolResult;
  const text = JSON.stringify(value) ?? '';
  const structured = typeof value === 'object' && value !== null && !Array.isArray(value);
  return { content: [{ type: 'text', text }], ...(structured && { structuredContent: value }) };
}

function outcome(result: ToolResult): ToolOutcome {
  try {
    return { text: JSON.stringify(result), result };
  } catch (error) {
    throw fault('SERVER_FAILED', `the tool's result is not JSON: ${reason(error)}`, { cause: error });
  }
}
