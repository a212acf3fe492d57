import { type Fault, type FaultKind, nearest } from '#kernel';
import type { ToolContent, ToolResult } from '#plugins/tool-registry/api';
import type { PlaneArtifact, PlaneOutcome, ToolView } from './api.ts';

/** A tool's MCP result for the model: text joined and bounded, what is no text as artifacts. */
export function resultOutcome(result: ToolResult, maxBytes: number, durationMs: number): PlaneOutcome {
  const content = Array.isArray(result.content) ? (result.content as readonly ToolContent[]) : [];
  const texts: string[] = [];
  const artifacts: PlaneArtifact[] = [];
  let room = maxBytes;
  for (const part of content) {
    if (part?.type === 'text') {
      texts.push(String(part.text));
      continue;
    }
    const { line, artifact } = partOf(part);
    const fits = artifact.data === undefined || artifact.bytes <= room;
    if (artifact.data !== undefined && fits) room -= artifact.bytes;
    const { data: _, ...rest } = artifact;
    artifacts.push(fits ? artifact : rest);
    texts.push(fits ? line : `${line} (its data is left out: it is larger than maxOutputBytes)`);
  }
  if (content.length === 0 && result.structuredContent !== undefined)
    texts.push(JSON.stringify(result.structuredContent));
  return { isError: result.isError === true, text: bounded(texts.join('\n'), maxBytes), artifacts, durationMs };
}

interface Part {
  readonly line: string;
  readonly artifact: PlaneArtifact;
}
type Fields = Readonly<Record<string, unknown>>;

function partOf(part: ToolContent): Part {
  const { type } = part;
  if (type === 'image' || type === 'audio') {
    const artifact = { mediaType: textOr(part.mimeType, 'application/octet-stream'), ...decoded(String(part.data)) };
    return { line: `[${type}: ${artifact.mediaType}, ${artifact.bytes} bytes]`, artifact };
  }
  if (type === 'resource_link') {
    const url = textOr(part.uri, '');
    const mediaType = textOr(part.mimeType, 'application/octet-stream');
    return {
      line: `[link: ${[part.title ?? part.name, url, mediaType].filter(Boolean).join(', ')}]`,
      artifact: { mediaType, url, bytes: typeof part.size === 'number' ? part.size : 0 },
    };
  }
  if (type === 'resource') return resourcePart((part.resource ?? {}) as Fields);
  const json = JSON.stringify(part) ?? 'null';
  const artifact = { mediaType: 'application/json', ...encoded(json) };
  return { line: `[${String(type)}: ${artifact.bytes} bytes of JSON]`, artifact };
}

/** A resource that is text is for the model as well. */
function resourcePart({ uri, mimeType, blob, text }: Fields): Part {
  const url = textOr(uri, '');
  const isText = typeof text === 'string';
  const mediaType = textOr(mimeType, isText ? 'text/plain' : 'application/octet-stream');
  const artifact = { mediaType, url, ...(isText ? encoded(text) : decoded(textOr(blob, ''))) };
  const head = `[resource: ${url}, ${mediaType}, ${artifact.bytes} bytes]`;
  return { line: isText ? `${head}\n${text}` : head, artifact };
}

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
const encoded = (text: string) => ({ data: Buffer.from(text).toString('base64'), bytes: Buffer.byteLength(text) });
const decoded = (base64: string) => ({ data: base64, bytes: Buffer.byteLength(base64, 'base64') });

function bounded(text: string, maxBytes: number): string {
  const whole = text.toWellFormed();
  if (whole.length * 3 <= maxBytes) return whole;
  const bytes = Buffer.from(whole);
  if (bytes.length <= maxBytes) return whole;
  // As a stream, so that half a character at the end is left out.
  const kept = new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
  const missing = bytes.length - Buffer.byteLength(kept);
  return `${kept}\n[cut here: ${missing} of ${bytes.length} bytes are missing; at most ${maxBytes} are shown]`;
}

/** A call that came to nothing: what a fault or a problem document tells. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly kind: FaultKind;
  readonly hint?: string | undefined;
  readonly alternatives?: readonly string[] | undefined;
}

const OF_THE_WAY: ReadonlySet<FaultKind> = new Set([
  'rate_limited',
  'unavailable',
  'timeout',
  'cancelled',
  'unauthenticated',
  'internal',
]);
/** The tool's server did answer this call. */
const ANSWERED: ReadonlySet<string> = new Set(['SERVER_FAILED', 'RESULT_TOO_LARGE']);

export function failedOutcome({ code, message, kind, hint, alternatives }: Failure, durationMs: number): PlaneOutcome {
  const isInfrastructure = code === 'CALL_UNCERTAIN' || (OF_THE_WAY.has(kind) && !ANSWERED.has(code));
  return {
    isError: true,
    text: message.toWellFormed(),
    artifacts: [],
    code,
    ...(isInfrastructure && { isInfrastructure }),
    ...(hint !== undefined && { hint }),
    ...(alternatives !== undefined && alternatives.length > 0 && { alternatives }),
    durationMs,
  };
}

export const failureOf = ({ code, message, kind, hint, alternatives }: Fault): Failure => ({
  code,
  message,
  kind,
  hint,
  alternatives,
});

export function unknownTool(name: string, { tools }: ToolView, durationMs: number): PlaneOutcome {
  const byPart = new Map([...tools.values()].map((tool) => [tool.id.slice(tool.id.indexOf('/') + 1), tool.name]));
  const byId = new Map([...tools.values()].map((tool) => [tool.id, tool.name]));
  const ownPart = name.slice(Math.max(name.lastIndexOf('/') + 1, name.lastIndexOf('__') + 2, 0));
  const near = [
    ...nearest(name, tools.keys()),
    ...nearest(name, byId.keys()).map((id) => byId.get(id)!),
    ...(ownPart === '' ? [] : nearest(ownPart, byPart.keys()).map((part) => byPart.get(part)!)),
  ];
  return failedOutcome(
    {
      code: 'TOOL_UNKNOWN',
      message: `there is no tool "${name.slice(0, 200)}"`,
      kind: 'not_found',
      alternatives: [...new Set(near)].slice(0, 5),
      hint: 'call a tool by a name of the listing',
    },
    durationMs,
  );
}
