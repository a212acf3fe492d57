import type { CallToolResult } from '@modelcontextprotocol/server';
import { click, type } from './actions/elements.ts';
import { back, checkTarget, navigate } from './actions/navigate.ts';
import { readText, readTree } from './actions/read.ts';
import { screenshot } from './actions/screenshot.ts';
import { wait } from './actions/wait.ts';
import { type ArgumentSchemas, parseArguments, type ToolName } from './arguments.ts';
import { Fault } from './faults.ts';
import { faultResult, pageResult } from './result.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

type Call = (
  sessions: Sessions,
  schemas: ArgumentSchemas,
  args: unknown,
  signal: AbortSignal | undefined,
) => Promise<CallToolResult>;

/** Answers tools/call. Everything that goes wrong becomes a result with isError, which a model can read and act on. */
export async function callTool(
  sessions: Sessions,
  schemas: ArgumentSchemas,
  name: string,
  args: unknown,
  signal: AbortSignal | undefined,
): Promise<CallToolResult> {
  try {
    if (!Object.hasOwn(schemas, name))
      throw new Fault('TOOL_UNKNOWN', `no tool named "${name}"`, `tools: ${Object.keys(schemas).join(', ')}`);
    return await CALLS[name as ToolName](sessions, schemas, args, signal);
  } catch (error) {
    return faultResult(error);
  }
}

const CALLS: Record<ToolName, Call> = {
  async browser_navigate(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_navigate', args);
    const url = await checkTarget(input.url, sessions.options, signal);
    const id = sessions.open(input.session_id);
    const result = await inSession(sessions, id, signal, async (session) => {
      const status = await navigate(session, url, signal);
      return pageResult(session, { ...(status !== undefined && { fields: { status } }) });
    });
    // A caller that named no session has no use for one in which nothing was opened.
    if (result.isError && input.session_id === undefined) await sessions.end(id).catch(() => {});
    return result;
  },

  async browser_read(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_read', args);
    return inSession(sessions, input.session_id, signal, async (session) => {
      const read = input.as === 'tree' ? readTree : readText;
      const { text, total, next } = await read(session, input.offset, signal);
      const fields = { text, total, ...(next !== undefined && { next_offset: next }) };
      return pageResult(session, { fields, text: text === '' ? '(nothing)' : text });
    });
  },

  async browser_click(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_click', args);
    return inSession(sessions, input.session_id, signal, async (session) => {
      await click(session, input.ref, input.double, signal);
      return pageResult(session);
    });
  },

  async browser_type(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_type', args);
    return inSession(sessions, input.session_id, signal, async (session) => {
      await type(session, input, signal);
      return pageResult(session);
    });
  },

  async browser_screenshot(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_screenshot', args);
    return inSession(sessions, input.session_id, signal, async (session) => {
      const shot = await screenshot(session, { ref: input.ref, fullPage: input.full_page }, signal);
      return pageResult(session, { fields: { width: shot.width, height: shot.height }, image: shot.png });
    });
  },

  async browser_wait(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_wait', args);
    return inSession(sessions, input.session_id, signal, async (session) => {
      await wait(session, { text: input.text, gone: input.gone, seconds: input.seconds }, signal);
      return pageResult(session);
    });
  },

  async browser_back(sessions, schemas, args, signal) {
    const input = parseArguments(schemas, 'browser_back', args);
    return inSession(sessions, input.session_id, signal, async (session) => {
      await back(session, signal);
      return pageResult(session);
    });
  },

  async browser_close(sessions, schemas, args) {
    const { session_id } = parseArguments(schemas, 'browser_close', args);
    await sessions.end(session_id);
    return {
      content: [{ type: 'text', text: `session ${session_id} is closed` }],
      structuredContent: { success: true, error: null, session_id },
    };
  },
};

/** What the page did shows in the answer also where the call failed. */
async function inSession(
  sessions: Sessions,
  id: string,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<CallToolResult>,
): Promise<CallToolResult> {
  let notes: readonly string[] = [];
  try {
    return await sessions.use(id, async (session) => {
      if (signal?.aborted) throw new Fault('CANCELLED', 'the call was cancelled');
      session.begin();
      try {
        return await work(session);
      } finally {
        notes = session.notes;
        session.forget();
      }
    });
  } catch (error) {
    return faultResult(error, id, notes);
  }
}
