import { fault, isFault } from '#kernel';
import type { Tool, ToolContent, ToolResult } from '#plugins/tool-registry/api';

/** What `execute` answers, on REST and on the socket. */
export interface Executed {
  readonly success: boolean;
  /** `structuredContent` where there is any, else the text; null where the tool gave neither. */
  readonly output: unknown;
  /** The tool answered, and its answer is an error. */
  readonly error?: { readonly code: 'TOOL_ERROR'; readonly message: string };
  readonly artifacts: readonly Artifact[];
  readonly metadata: {
    readonly tool_id: string;
    readonly server: string;
    readonly execution_time_ms: number;
    readonly attempts: number;
    readonly registry_version: number;
    /** The outcome of an earlier request with the same Idempotency-Key. */
    readonly replayed?: true;
  };
}

/** Content that is not text: pictures, sound, files, links. */
export interface Artifact {
  readonly type: string;
  readonly mime_type?: string;
  /** base64, or the text of a textual resource. */
  readonly data?: string;
  readonly text?: string;
  readonly uri?: string;
  readonly [more: string]: unknown;
}

export interface ExecutionFacts {
  readonly ms: number;
  readonly attempts: number;
  readonly version: number;
}

export function executed(tool: Pick<Tool, 'id' | 'server'>, result: ToolResult, facts: ExecutionFacts): Executed {
  const content = Array.isArray(result.content) ? result.content : [];
  const texts = content.filter((part) => part.type === 'text').map((part) => String(part.text));
  const text = texts.join('\n');
  const output = result.structuredContent ?? (texts.length > 0 ? text : null);
  const failed = result.isError === true;
  return {
    success: !failed,
    output,
    ...(failed && { error: { code: 'TOOL_ERROR' as const, message: text || 'the tool failed and gave no reason' } }),
    artifacts: content.filter((part) => part.type !== 'text').map(artifact),
    metadata: {
      tool_id: tool.id,
      server: tool.server,
      execution_time_ms: Math.round(facts.ms * 100) / 100,
      attempts: facts.attempts,
      registry_version: facts.version,
    },
  };
}

function artifact(part: ToolContent): Artifact {
  switch (part.type) {
    case 'image':
    case 'audio':
      return { type: part.type, mime_type: String(part.mimeType), data: String(part.data) };
    case 'resource': {
      const { uri, mimeType, blob, text } = (part.resource ?? {}) as Readonly<Record<string, string | undefined>>;
      return {
        type: 'resource',
        ...(uri !== undefined && { uri }),
        ...(mimeType !== undefined && { mime_type: mimeType }),
        ...(blob !== undefined ? { data: blob } : { text: text ?? '' }),
      };
    }
    case 'resource_link': {
      const { mimeType, annotations: _, ...rest } = part as Readonly<Record<string, string | undefined>>;
      return { ...rest, type: 'resource_link', ...(mimeType !== undefined && { mime_type: mimeType }) };
    }
    default:
      return part;
  }
}

/** Wrong parameters, by JSON-RPC. */
const INVALID_PARAMS = -32602;

/** Failures of servers are theirs, and the caller's where they say that the arguments are wrong; none is ours. */
export function callFault(error: unknown): unknown {
  if (!isFault(error)) return error;
  const { code, message, data, hint } = error;
  const more = hint === undefined ? {} : { hint };
  if (code === 'RESULT_TOO_LARGE')
    return fault(code, message, { kind: 'unavailable', ...more, data: { ...data, status: 502 } });
  if (code !== 'SERVER_FAILED') return error;
  const status = (data.rpc as { code?: number } | undefined)?.code === INVALID_PARAMS ? 400 : 502;
  return fault(code, message, { kind: status === 400 ? 'invalid' : 'unavailable', ...more, data: { ...data, status } });
}
