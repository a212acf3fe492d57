import { z } from 'zod';
import type { PlaneTool } from '../api.ts';
import type { ToolClientConfig } from '../config.ts';
import { Pacer } from '../pacer.ts';
import { closed, type Views } from '../views.ts';
import type { Answer, HttpLine } from './http-line.ts';
import { jsonIn, problemFault, unreachable } from './problem.ts';

const PATH = '/api/v1/tools/available?text=false';
/** While the way is down, a request that hangs must not hold up the next one. */
const POLL_MS = 1_000;

const hints = z.object({ readOnlyHint: z.boolean().optional(), idempotentHint: z.boolean().optional() });
const record = z.object({
  tool_id: z.string(),
  mcp_name: z.string(),
  description: z.string().default(''),
  parameters: z.record(z.string(), z.unknown()).default({}),
  capabilities: z.array(z.string()).default([]),
  annotations: hints.optional().catch(undefined),
});
const listing = z.object({ tools: z.array(record) });

/** Reads the server's listing, whole where it changed. */
export class Listing {
  readonly #line: HttpLine;
  readonly #views: Views;
  readonly #config: ToolClientConfig;
  readonly #pacer: Pacer;
  readonly #isUp: () => boolean;
  #etag: string | undefined;
  #current: AbortController | undefined;
  #isClosed = false;

  constructor(line: HttpLine, views: Views, config: ToolClientConfig, isUp: () => boolean) {
    this.#line = line;
    this.#views = views;
    this.#config = config;
    this.#isUp = isUp;
    this.#pacer = new Pacer(config.events.listMs, () => this.#read());
  }

  /** Ends when the view is at least as new as this call. Fault PLANE_UNREACHABLE, and those of the server. */
  refresh(): Promise<void> {
    return this.#pacer.ask();
  }

  /** What is under way may hang on a connection that is dead. */
  restart(): Promise<void> {
    this.#current?.abort();
    return this.refresh();
  }

  close(): void {
    this.#isClosed = true;
    this.#pacer.stop(closed());
    this.#current?.abort();
  }

  async #read(): Promise<void> {
    const { url } = this.#line;
    const answer = await this.#ask();
    if (answer.status === 304) return;
    if (answer.status !== 200) throw problemFault(answer);
    const parsed = listing.safeParse(jsonIn(answer.text));
    if (!parsed.success) throw unreachable(url, 'its listing is none of a tool server');
    this.#etag = answer.headers.etag;
    this.#views.publish(parsed.data.tools.map(toTool));
  }

  async #ask(): Promise<Answer> {
    const { requestMs } = this.#config;
    for (;;) {
      const current = new AbortController();
      this.#current = current;
      try {
        return await this.#line.ask({
          path: PATH,
          headers: this.#etag === undefined ? {} : { 'if-none-match': this.#etag },
          signal: current.signal,
          timeoutMs: this.#isUp() ? requestMs : Math.min(POLL_MS, requestMs),
        });
      } catch (error) {
        if (!current.signal.aborted || this.#isClosed) throw unreachable(this.#line.url, error);
      }
    }
  }
}

const toTool = ({ tool_id, mcp_name, annotations, ...rest }: z.output<typeof record>): PlaneTool => ({
  name: mcp_name,
  id: tool_id,
  description: rest.description,
  inputSchema: rest.parameters,
  capabilities: rest.capabilities,
  ...(annotations?.readOnlyHint !== undefined && { readOnly: annotations.readOnlyHint }),
  ...(annotations?.idempotentHint !== undefined && { idempotent: annotations.idempotentHint }),
});
