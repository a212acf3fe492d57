import type { CallToolResult } from '@modelcontextprotocol/server';
import { type ArgumentSchemas, inputFiles, parseArguments, type ToolName } from './arguments.ts';
import type { Executor } from './executor.ts';
import { Fault } from './faults.ts';
import { executionResult, faultResult } from './result.ts';

/** Answers tools/call. Everything that goes wrong becomes a result with isError, which a model can read and act on. */
export async function callTool(
  executor: Executor,
  schemas: ArgumentSchemas,
  name: string,
  args: unknown,
  signal: AbortSignal | undefined,
): Promise<CallToolResult> {
  try {
    if (!Object.hasOwn(schemas, name)) {
      throw new Fault('TOOL_UNKNOWN', `no tool named "${name}"`, `tools: ${Object.keys(schemas).join(', ')}`);
    }
    return await CALLS[name as ToolName](executor, schemas, args, signal);
  } catch (error) {
    return faultResult(error);
  }
}

type Call = (
  executor: Executor,
  schemas: ArgumentSchemas,
  args: unknown,
  signal: AbortSignal | undefined,
) => Promise<CallToolResult>;

const CALLS: Record<ToolName, Call> = {
  async python_execute(executor, schemas, args, signal) {
    const input = parseArguments(schemas, 'python_execute', args);
    const execution = {
      code: input.code,
      files: inputFiles(input.files),
      timeoutMs: (input.timeout_seconds ?? executor.options.timeoutSeconds) * 1000,
      ...(input.stdin !== undefined && { stdin: input.stdin }),
      ...(signal && { signal }),
    };
    const { outcome, reset } = await executor.execute(execution, input.session_id);
    return executionResult(
      outcome,
      input.session_id === undefined ? undefined : { id: input.session_id, reset: reset === true },
    );
  },

  async python_session_open(executor, schemas, args) {
    const { session_id } = parseArguments(schemas, 'python_session_open', args);
    const session = await executor.sessions.reopen(session_id);
    return plain(`session ${session.session_id} is open`, { sessions: [session] });
  },

  async python_session_close(executor, schemas, args) {
    const { session_id } = parseArguments(schemas, 'python_session_close', args);
    if (!(await executor.sessions.close(session_id))) {
      const open = executor.sessions.list().map((session) => session.session_id);
      throw new Fault(
        'SESSION_UNKNOWN',
        `no session ${session_id}`,
        open.length > 0 ? `open: ${open.join(', ')}` : 'no session is open',
      );
    }
    return plain(`session ${session_id} is closed`, { sessions: executor.sessions.list() });
  },

  async python_session_list(executor, schemas, args) {
    parseArguments(schemas, 'python_session_list', args);
    const sessions = executor.sessions.list();
    const lines = sessions.map(
      (each) => `${each.session_id}: ${each.executions} executions, unused for ${each.idle_seconds} s`,
    );
    return plain(lines.join('\n') || 'no session is open', { sessions });
  },

  async python_install_packages(executor, schemas, args, signal) {
    const input = parseArguments(schemas, 'python_install_packages', args);
    const installed = await executor.install(input.session_id, input.packages, signal);
    return plain(`installed: ${installed.installed.join(', ')}`, installed);
  },
};

function plain(text: string, fields: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent: { success: true, error: null, ...fields } };
}
