import type { JsonSchema, Snapshot, Tool } from '#plugins/tool-registry/api';
import { rpcError } from './failure.ts';
import { INVALID_PARAMS } from './wire.ts';

/** The tools of one registry version as the text of `tools/list` results, a page each. Built once, served many times. */
interface Listing {
  readonly version: number;
  readonly pages: readonly string[];
}

export class ToolList {
  readonly #pageSize: number;
  #listing: Listing = { version: -1, pages: [] };

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** The members of the result: `{"tools":[...],"nextCursor":"..."}`. A cursor of another version begins anew. */
  page(snapshot: Snapshot, cursor: unknown): string {
    if (this.#listing.version !== snapshot.version) this.#listing = build(snapshot, this.#pageSize);
    if (cursor === undefined) return this.#listing.pages[0]!;
    const [version, index] = String(cursor).split('.').map(Number);
    const page = version === snapshot.version ? this.#listing.pages[index ?? 0] : this.#listing.pages[0];
    if (page === undefined) throw rpcError(INVALID_PARAMS, `unknown cursor ${JSON.stringify(cursor)}`);
    return page;
  }
}

function build({ version, tools }: Snapshot, pageSize: number): Listing {
  const all = [...tools.values()];
  const pages: string[] = [];
  for (let from = 0; from === 0 || from < all.length; from += pageSize) {
    const texts = all.slice(from, from + pageSize).map((tool) => JSON.stringify(definitionOf(tool)));
    const more = from + pageSize < all.length ? `,"nextCursor":"${version}.${pages.length + 1}"` : '';
    pages.push(`{"tools":[${texts.join(',')}]${more}}`);
  }
  return { version, pages };
}

const ANYTHING: JsonSchema = { type: 'object' };

/** A definition under its name here. One schema that a strict client cannot read would cost it the whole list. */
export function definitionOf(tool: Tool): Readonly<Record<string, unknown>> {
  const { definition } = tool;
  const readable = tool.schemaProblem === undefined && definition.inputSchema?.type === 'object';
  const { outputSchema, ...rest } = definition;
  return {
    ...rest,
    ...(tool.description !== undefined && { description: tool.description }),
    name: tool.mcpName,
    inputSchema: readable ? definition.inputSchema : ANYTHING,
    ...(outputSchema?.type === 'object' && { outputSchema }),
  };
}
