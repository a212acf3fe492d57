import type { RunCall } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import type { JsonObject } from '../reading/members.ts';

/** Tools that call others: LiveMCPBench's, Cline's, those of search modes. */
const EXECUTES = /^(?:execute|call|use|run|invoke)[-_](?:mcp[-_])?tool$/i;
/** Tools that look for others. */
const LOOKS = /^(?:route|(?:search|find|list|retrieve|discover)[-_](?:mcp[-_])?tools?|tool[-_]search)$/i;

/** Whether this is a call of a meta tool that names another tool, without parsing it where that is plain. */
export function isExecution(name: string, args: unknown): boolean {
  if (!EXECUTES.test(name)) return false;
  return targetOf(callArguments(args)) !== undefined;
}

/** The call as one of the tool that did the work. */
export function metaCall(name: string, args: JsonObject): Pick<RunCall, 'tool' | 'args' | 'lookup'> {
  if (LOOKS.test(name)) return { tool: { name }, args, lookup: true };
  const target = EXECUTES.test(name) ? targetOf(args) : undefined;
  if (target === undefined) return { tool: { name }, args };
  return { tool: { ...target, via: name }, args: callArguments(innerOf(args)) };
}

const innerOf = (args: JsonObject): unknown =>
  args.params ?? args.arguments ?? args.parameters ?? args.args ?? args.tool_input ?? args.input;

function targetOf(args: JsonObject): { readonly server?: string; readonly name: string } | undefined {
  const server = [args.server_name, args.server, args.mcp_server].find(isName);
  const name = [args.tool_name, args.tool, args.name].find(isName);
  if (name === undefined) return undefined;
  if (server !== undefined) return { server, name };
  // A name alone may be anything: there have to be arguments for it.
  if (innerOf(args) === undefined) return undefined;
  const [, prefix, rest] = /^([^/]+?)(?:\/|__)(.+)$/.exec(name) ?? [];
  return prefix !== undefined && rest !== undefined ? { server: prefix, name: rest } : { name };
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';
