import { isFault } from '#kernel';
import type { PlaneTool, ToolPlane } from '#plugins/tool-client/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import { sameTool } from '../tool-names.ts';
import { lookUp } from '../tool-sources.ts';

/** A tool that can be called now. */
export interface LiveTool {
  readonly readOnly: boolean;
  call(args: Readonly<Record<string, unknown>>, signal: AbortSignal, timeoutMs: number): Promise<LiveOutcome>;
}
export interface LiveOutcome {
  /** `unreachable`: the way to the tool failed, not the call. */
  readonly outcome: 'ok' | 'error' | 'unreachable';
  readonly text: string;
}

/** Looks a tool up; undefined where it has none of this name. */
export type ToolServer = (name: string, signal: AbortSignal) => Promise<LiveTool | undefined>;

interface Parts {
  readonly registry: ToolRegistry | undefined;
  readonly dispatcher: ToolDispatcher | undefined;
  readonly plane: ToolPlane | undefined;
}

/** Where tools can be called, the nearest first. */
export function toolServers({ registry, dispatcher, plane }: Parts): readonly ToolServer[] {
  const servers: ToolServer[] = [];
  if (registry !== undefined && dispatcher !== undefined)
    servers.push(async (name) => inProcess(registry, dispatcher, name));
  if (plane !== undefined) servers.push((name, signal) => onPlane(plane, name, signal));
  return servers;
}

function inProcess(registry: ToolRegistry, dispatcher: ToolDispatcher, name: string): LiveTool | undefined {
  const lookup = lookUp(registry, name);
  if (lookup.found !== 'tool') return undefined;
  const { tool } = lookup;
  return {
    readOnly: tool.definition.annotations?.readOnlyHint === true,
    async call(args, signal, timeoutMs) {
      try {
        const { result } = await dispatcher.call(tool, args, { signal, timeoutMs });
        const text = result.content.map((part) => (typeof part.text === 'string' ? part.text : '')).join('\n');
        return { outcome: result.isError === true ? 'error' : 'ok', text };
      } catch (error) {
        signal.throwIfAborted();
        if (!isFault(error)) return { outcome: 'error', text: String(error) };
        const away = error.kind === 'unavailable' || error.kind === 'timeout' || error.kind === 'rate_limited';
        return { outcome: away ? 'unreachable' : 'error', text: error.message };
      }
    },
  };
}

async function onPlane(plane: ToolPlane, name: string, signal: AbortSignal): Promise<LiveTool | undefined> {
  const tool = named([...(await plane.ready(signal)).tools.values()], name);
  if (tool === undefined) return undefined;
  return {
    readOnly: tool.readOnly === true,
    async call(args, signal, timeoutMs) {
      const { isError, isInfrastructure, text } = await plane.call(tool.name, args, { signal, timeoutMs });
      return { outcome: isInfrastructure === true ? 'unreachable' : isError ? 'error' : 'ok', text };
    },
  };
}

/** A name that two servers have does not say which was meant. */
function named(tools: readonly PlaneTool[], name: string): PlaneTool | undefined {
  const exact = tools.find((tool) => tool.id === name || tool.name === name);
  if (exact !== undefined) return exact;
  const alike = tools.filter((tool) => sameTool(tool.id, name));
  return alike.length === 1 ? alike[0] : undefined;
}
