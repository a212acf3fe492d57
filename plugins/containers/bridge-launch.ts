import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from '#plugins/tool-registry/api';
import { type AttachPlan, type EngineAddress, PLAN_VARIABLE, VARIABLE_PREFIX } from './attach/plan.ts';
import type { ContainersConfig } from './config.ts';
import type { FilledSpec } from './container-spec.ts';

/** The bridging program: a source in a clone, JavaScript in the published package, like this file. */
const MAIN = fileURLToPath(new URL(`attach/main${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

/** The command that the dispatcher starts for a server over stdio. */
export function bridgeLaunch(
  server: string,
  { spec, secret }: FilledSpec,
  tar: AttachPlan['tar'],
  engine: EngineAddress,
  { engineMs, stopMs }: ContainersConfig,
): Launch {
  const container = { ...(tar !== undefined && { tar }), container: spec };
  const plan: AttachPlan = { server, engine, name: `mcp-${server}`, ...container, engineMs, stopMs };
  const variables = Object.entries(secret).map(([name, value]) => [`${VARIABLE_PREFIX}${name}`, value]);
  return {
    kind: 'stdio',
    command: process.execPath,
    // The name is for those who look at the processes of the machine.
    args: [MAIN, server],
    env: { [PLAN_VARIABLE]: JSON.stringify(plan), ...Object.fromEntries(variables) },
  };
}
