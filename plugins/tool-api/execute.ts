import { z } from 'zod';
import { fault } from '#kernel';
import type { Principal } from '#plugins/auth/api';
import type { ToolDispatcher, ToolOutcome } from '#plugins/tool-dispatch/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import { findTool } from './first-listing.ts';
import { callFault, type Executed, type ExecutionFacts, executed } from './result.ts';

export const executeBody = z
  .object({
    action: z.string().min(1).max(256).optional().describe('the tool, where the id names a server with several'),
    parameters: z.record(z.string(), z.unknown()).default({}).describe('arguments of the tool'),
    context: z
      .looseObject({
        session_id: z
          .string()
          .min(1)
          .max(256)
          .optional()
          .describe('keeps the state of servers that have one a session'),
        timeout_ms: z.number().int().min(1).optional().describe('limit of this call'),
      })
      .optional()
      .describe('about the caller; other members are ignored'),
  })
  .describe('what to run');
export type ExecuteBody = z.output<typeof executeBody>;

export interface Outcome {
  /** The tool's result byte for byte. */
  readonly text: string;
  readonly body: Executed;
}

/** A call that the tool answered. */
export interface Called {
  readonly tool: Tool;
  readonly text: string;
  readonly facts: ExecutionFacts;
}
/** Runs tools for REST and for sockets alike. */
export class Executor {
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #maxCallMs: number;

  constructor(registry: ToolRegistry, dispatcher: ToolDispatcher, maxCallMs: number) {
    this.#registry = registry;
    this.#dispatcher = dispatcher;
    this.#maxCallMs = maxCallMs;
  }

  async run(id: string, body: ExecuteBody, principal: Principal, signal: AbortSignal): Promise<Outcome> {
    const begun = performance.now();
    try {
      const tool = await findTool(this.#registry, this.#dispatcher, id, body.action, signal);
      const { text, result, attempts } = await this.#dispatch(tool, body, principal, signal);
      return { text, body: executed(tool, result, this.#facts(begun, attempts)) };
    } catch (error) {
      throw callFault(error);
    }
  }

  async find(id: string, action: string | undefined, signal: AbortSignal): Promise<Tool> {
    try {
      return await findTool(this.#registry, this.#dispatcher, id, action, signal);
    } catch (error) {
      throw callFault(error);
    }
  }

  async call(tool: Tool, body: ExecuteBody, principal: Principal, signal: AbortSignal): Promise<Called> {
    const begun = performance.now();
    try {
      const { text, attempts } = await this.#dispatch(tool, body, principal, signal);
      return { tool, text, facts: this.#facts(begun, attempts) };
    } catch (error) {
      throw callFault(error);
    }
  }

  #dispatch(tool: Tool, body: ExecuteBody, principal: Principal, signal: AbortSignal): Promise<ToolOutcome> {
    const { session_id: session, timeout_ms: timeout } = body.context ?? {};
    return this.#dispatcher.call(tool, body.parameters, {
      signal,
      caller: {
        principal: principal.id,
        // As a list, because both parts may hold any separator.
        ...(session !== undefined && { session: JSON.stringify([principal.id, session]) }),
      },
      ...(timeout !== undefined && { timeoutMs: Math.min(timeout, this.#maxCallMs) }),
    });
  }

  #facts(begun: number, attempts = 1): ExecutionFacts {
    return { ms: performance.now() - begun, attempts, version: this.#registry.snapshot.version };
  }
}

export const isAdmin = (principal: Principal): boolean => principal.scopes.has('admin');

/** `admin` includes all. Fault AUTH_SCOPE. */
export function demand(principal: Principal, scope: 'tools:call' | 'tools:write' | 'admin', what: string): void {
  if (principal.scopes.has(scope) || isAdmin(principal)) return;
  throw fault('AUTH_SCOPE', `${what} needs the scope ${scope}`, {
    kind: 'forbidden',
    hint: 'use credentials that have it',
  });
}
