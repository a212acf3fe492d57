import { type Events, fault, isFault, type Log, reason, type Undo } from '#kernel';
import type { CallLog } from '#plugins/call-log/api';
import { INSTALL_PROGRESS, type Provisioner, type ProvisionJob } from '#plugins/provisioner/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Tool, ToolRegistry } from '#plugins/tool-registry/api';
import type { CapabilityJob, PlaneCall, PlaneNeed, PlaneOutcome, PlaneTool, ToolView } from '../api.ts';
import type { ToolClientConfig } from '../config.ts';
import { type JobChange, JobNews } from '../job-news.ts';
import { failedOutcome, failureOf, resultOutcome, unknownTool } from '../outcome.ts';
import { Pacer } from '../pacer.ts';
import type { ClientPlane, PlaneState } from '../plane.ts';
import { closed, Views } from '../views.ts';

export interface LocalPlaneParts {
  readonly config: ToolClientConfig;
  readonly log: Log;
  readonly events: Events;
  readonly registry: ToolRegistry | undefined;
  readonly dispatcher: ToolDispatcher | undefined;
  readonly provisioner: Provisioner | undefined;
  readonly calls: CallLog | undefined;
}
const PRINCIPAL = 'tool-client';
const LOOK_MS = 50;
const MISSING = 'TOOL_UNKNOWN';

/** The tools of this process. */
export class LocalPlane implements ClientPlane {
  readonly #parts: LocalPlaneParts;
  readonly #views: Views;
  readonly #news = new JobNews();
  readonly #pacer: Pacer;
  readonly #undos: Undo[] = [];
  readonly #ending = new AbortController();
  /** A tool that did not change is the same object in the next view. */
  readonly #tools = new WeakMap<Tool, PlaneTool>();
  #isToldOfKeys = false;

  constructor(parts: LocalPlaneParts) {
    const { config, log } = parts;
    this.#parts = parts;
    this.#views = new Views(log);
    this.#pacer = new Pacer(config.events.listMs, async () => this.#list());
  }

  start(): void {
    const { registry, events } = this.#parts;
    if (registry !== undefined) {
      const look = (): void => void this.#pacer.ask().catch(() => undefined);
      this.#undos.push(registry.onChange(({ type }) => type !== 'server_health' && look()));
      this.#list();
    }
    this.#undos.push(events.subscribe(INSTALL_PROGRESS, ({ job, state }) => this.#news.tell({ id: job, state })));
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    for (const undo of this.#undos.splice(0)) await undo();
    this.#pacer.stop(closed());
    this.#views.close();
  }

  get view(): ToolView {
    return this.#views.view;
  }
  get detail() {
    return {
      tools: this.view.tools.size,
      version: this.view.version,
      provisioner: this.#parts.provisioner !== undefined,
    };
  }

  async ready(signal?: AbortSignal): Promise<ToolView> {
    const { registry, config } = this.#parts;
    if (registry === undefined) throw absent();
    const until = Date.now() + config.waitMs;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#ending.signal.aborted) throw closed();
      const { servers } = registry.snapshot;
      if ([...servers.values()].every(({ spec, health }) => spec.start !== 'eager' || health.settled)) break;
      if (Date.now() >= until) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    this.#list();
    return this.view;
  }

  changed(version: number, signal: AbortSignal): Promise<ToolView> {
    return this.#views.changed(version, signal);
  }
  onChange(listener: (view: ToolView) => void): () => void {
    return this.#views.onChange(listener);
  }
  onJob(listener: (change: JobChange) => void): () => void {
    return this.#news.on(listener);
  }

  async call(name: string, args: Readonly<Record<string, unknown>>, options: PlaneCall): Promise<PlaneOutcome> {
    const { registry, dispatcher, calls } = this.#parts;
    const { signal, key, session } = options;
    signal.throwIfAborted();
    const begun = performance.now();
    const took = (): number => performance.now() - begun;
    if (registry === undefined || dispatcher === undefined) return failedOutcome(failureOf(absent()), took());
    const { byMcpName, tools } = registry.snapshot;
    const tool = byMcpName.get(name) ?? tools.get(name);
    const run = (found: Tool): Promise<PlaneOutcome> => this.#run(dispatcher, found, args, options, took);
    try {
      if (key === undefined || calls === undefined) {
        if (key !== undefined) this.#tellOfKeys();
        return tool === undefined ? unknownTool(name, this.#current(), took()) : await run(tool);
      }
      const find = (): Tool => tool ?? missing(name);
      const asked = { principal: PRINCIPAL, key, asked: name, tool: tool?.id, args, session };
      const { outcome } = await calls.once({ ...asked, signal, find, run });
      return outcome;
    } catch (error) {
      signal.throwIfAborted();
      if (!isFault(error)) return failedOutcome({ code: 'INTERNAL', message: reason(error), kind: 'internal' }, took());
      if (tool === undefined && error.code === MISSING) return unknownTool(name, this.#current(), took());
      return failedOutcome(failureOf(error), took());
    }
  }

  async request({ task, capabilities }: PlaneNeed, signal?: AbortSignal): Promise<CapabilityJob> {
    signal?.throwIfAborted();
    const { provisioner } = this.#parts;
    if (provisioner === undefined) throw provisionerAbsent();
    const need = { task, requiredCapabilities: capabilities, waitMs: 0 };
    return toJob(await provisioner.request(need, { principal: PRINCIPAL }));
  }
  async job(id: string, signal?: AbortSignal): Promise<CapabilityJob> {
    signal?.throwIfAborted();
    const { provisioner } = this.#parts;
    if (provisioner === undefined) throw provisionerAbsent();
    return toJob(provisioner.job(id));
  }

  handOver(): PlaneState {
    return { views: this.#views.handOver(), jobs: this.#news.handOver() };
  }
  adopt({ views, jobs }: PlaneState): void {
    this.#views.adopt(views);
    this.#news.adopt(jobs);
  }

  #current(): ToolView {
    this.#list();
    return this.view;
  }

  #list(): void {
    const { registry } = this.#parts;
    if (registry !== undefined)
      this.#views.publish([...registry.snapshot.tools.values()].map((each) => this.#tool(each)));
  }

  #tool(tool: Tool): PlaneTool {
    const known = this.#tools.get(tool);
    if (known !== undefined) return known;
    const { mcpName: name, id, description, definition, capabilities } = tool;
    const { readOnlyHint, idempotentHint } = definition.annotations ?? {};
    const made: PlaneTool = {
      name,
      id,
      description: description ?? definition.description ?? '',
      inputSchema: definition.inputSchema,
      capabilities,
      ...(readOnlyHint !== undefined && { readOnly: readOnlyHint }),
      ...(idempotentHint !== undefined && { idempotent: idempotentHint }),
    };
    this.#tools.set(tool, made);
    return made;
  }

  async #run(
    dispatcher: ToolDispatcher,
    tool: Tool,
    args: Readonly<Record<string, unknown>>,
    { signal, timeoutMs, session }: PlaneCall,
    took: () => number,
  ): Promise<PlaneOutcome> {
    const { result } = await dispatcher.call(tool, args, {
      signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
      caller: {
        principal: PRINCIPAL,
        ...(session !== undefined && { session: JSON.stringify([PRINCIPAL, session]) }),
      },
    });
    return resultOutcome(result, this.#parts.config.maxOutputBytes, took());
  }

  #tellOfKeys(): void {
    if (this.#isToldOfKeys) return;
    this.#isToldOfKeys = true;
    this.#parts.log.warn('Calls with a key are not held to once: the pipeline has no call-log.');
  }
}

const toJob = ({ id, state, tools, approval, error }: ProvisionJob): CapabilityJob => ({
  id,
  state,
  tools,
  ...(approval !== undefined && { approval }),
  ...(error !== undefined && { error }),
});

function missing(name: string): never {
  throw fault(MISSING, `there is no tool "${name}"`, { kind: 'not_found' });
}

const absent = () =>
  fault('PLANE_UNREACHABLE', 'there are no tools in this process', {
    kind: 'unavailable',
    hint: 'set tool-client.url, or add tool-registry and tool-dispatch to the pipeline',
  });

const provisionerAbsent = () =>
  fault('PROVISIONER_ABSENT', 'no missing tool can be asked for here: the pipeline has no provisioner', {
    kind: 'unavailable',
    hint: 'add the provisioner to the pipeline',
  });
