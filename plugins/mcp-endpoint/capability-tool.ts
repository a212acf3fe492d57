import { z } from 'zod';
import type { InstallProgress, Provisioner, ProvisionJob } from '#plugins/provisioner/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { Exchange } from './exchange.ts';
import { definitionOf } from './tool-list.ts';
import type { Params } from './wire.ts';

const DEFINITION = {
  name: 'request_capability',
  description:
    'Ask for a tool that search_tools did not find. The server looks for one, installs it if its rules allow that, and ' +
    'returns its definitions; call them with call_tool. May take a minute. Asking again for the same is harmless.',
  inputSchema: {
    type: 'object',
    properties: {
      task: { type: 'string', minLength: 1, description: 'What is to be done, in a sentence' },
      capabilities: {
        type: 'array',
        items: { type: 'string' },
        maxItems: 50,
        description: 'What is missing, e.g. ["excel_reading"]',
      },
    },
    required: ['task'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false, idempotentHint: true, openWorldHint: true },
};

const names = z.array(z.string()).max(50).optional();
/** Models that know the REST API send its names. */
const taken = z.strictObject({
  task: z.string().optional(),
  task_description: z.string().optional(),
  capabilities: names,
  required_capabilities: names,
});

/** The third tool of search mode: one stop from a need to a tool. */
export class CapabilityTool {
  readonly definition = DEFINITION;
  readonly #provisioner: Provisioner;
  readonly #registry: ToolRegistry;

  constructor(provisioner: Provisioner, registry: ToolRegistry) {
    this.#provisioner = provisioner;
    this.#registry = registry;
  }

  async call(exchange: Exchange, given: Params): Promise<Params> {
    const read = taken.safeParse(given);
    if (!read.success)
      return refusal(read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()));
    const task = read.data.task ?? read.data.task_description ?? '';
    const capabilities = read.data.capabilities ?? read.data.required_capabilities ?? [];
    if (task.trim() === '' && capabilities.length === 0) return refusal(['neither is told']);
    const { principal, session } = exchange.client.caller;
    const progress = progressTo(exchange);
    const job = await this.#provisioner.request(
      { task, requiredCapabilities: capabilities },
      {
        principal,
        ...(session !== undefined && { session }),
        signal: exchange.signal,
        ...(progress !== undefined && { progress }),
      },
    );
    const answer = this.#answer(job);
    return {
      content: [{ type: 'text', text: JSON.stringify(answer) }],
      structuredContent: answer,
      ...(job.state === 'failed' && { isError: true }),
    };
  }

  #answer(job: ProvisionJob): Params {
    const { tools } = this.#registry.snapshot;
    const found = job.tools.flatMap((id) => {
      const tool = tools.get(id);
      if (tool === undefined) return [];
      const { name, description, inputSchema } = definitionOf(tool);
      return [{ name, description, inputSchema, server: tool.server }];
    });
    return {
      job_id: job.id,
      state: job.state,
      action: job.action,
      tools: found,
      ...(job.error !== undefined && { error: job.error }),
      ...(job.rejected.length > 0 && { rejected: job.rejected }),
      ...(job.state === 'waiting_approval' && {
        approval_id: job.approval,
        hint: 'a person has to approve it; ask again later for the same task',
      }),
      ...(job.state === 'running' && { hint: 'it is still at work; ask again for the same task' }),
    };
  }
}

const refusal = (problems: readonly string[]): Params => {
  const text = `Send "task": what is to be done, in a sentence; and, where known, "capabilities": a list of names. ${problems.join('; ')}`;
  return { content: [{ type: 'text', text }], isError: true };
};

/** Each step as a progress notification, where the client sent a token for that. */
function progressTo(exchange: Exchange): ((step: InstallProgress) => void) | undefined {
  const { progressToken } = (exchange.params._meta ?? {}) as { readonly progressToken?: string | number };
  if (progressToken === undefined) return undefined;
  let progress = 0;
  return ({ message }) =>
    exchange.notify({ method: 'notifications/progress', params: { progressToken, progress: ++progress, message } });
}
