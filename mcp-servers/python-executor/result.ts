import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server';
import type { Artifact, Outcome } from './engine.ts';
import { Fault } from './faults.ts';

type ErrorReport = { code: string; type: string; message: string; traceback?: string; hint?: string };

const CODES: Record<string, string> = {
  ExecutionTimeout: 'TIMED_OUT',
  MemoryLimitExceeded: 'MEMORY_EXCEEDED',
  MemoryError: 'MEMORY_EXCEEDED',
  OutputLimitExceeded: 'OUTPUT_EXCEEDED',
  FileLimitExceeded: 'FILES_EXCEEDED',
  ProcessLimitExceeded: 'PROCESSES_EXCEEDED',
  ProcessCrashed: 'CRASHED',
  ProcessExited: 'EXITED',
  SystemExit: 'EXITED',
  ResultDamaged: 'RESULT_DAMAGED',
  InputFileError: 'BAD_INPUT',
};

const HINTS: Record<string, string> = {
  TIMED_OUT: 'do less at a time, or ask for a larger timeout_seconds',
  MEMORY_EXCEEDED: 'use less memory: work in pieces',
  OUTPUT_EXCEEDED: 'print less, or write a file',
};

const IMAGES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};
const TEXTS: Record<string, string> = {
  txt: 'text/plain',
  csv: 'text/csv',
  md: 'text/markdown',
  html: 'text/html',
  svg: 'image/svg+xml',
  json: 'application/json',
  xml: 'application/xml',
  py: 'text/x-python',
  yaml: 'application/yaml',
  log: 'text/plain',
  tsv: 'text/tab-separated-values',
};
const BINARIES: Record<string, string> = { pdf: 'application/pdf', zip: 'application/zip' };

export type SessionState = { id: string; reset: boolean };

/** What the client gets for an execution that took place, whether the code succeeded or not. */
export function executionResult(outcome: Outcome, session: SessionState | undefined): CallToolResult {
  const error = outcome.error && report(outcome.error);
  const artifacts = outcome.artifacts.map(describeArtifact);
  const structuredContent = {
    success: error === undefined,
    error: error ?? null,
    stdout: outcome.stdout,
    stderr: outcome.stderr,
    value: outcome.value,
    ...('valueJson' in outcome && { value_json: outcome.valueJson }),
    ...(outcome.exitCode !== undefined && { exit_code: outcome.exitCode }),
    artifacts: artifacts.map(({ path, uri, mime_type, size }) => ({ path, uri, mime_type, size })),
    artifacts_skipped: outcome.skipped,
    execution_time_ms: outcome.executionMs,
    engine: outcome.engine,
    timed_out: outcome.limits.includes('timed_out'),
    memory_exceeded: outcome.limits.includes('memory_exceeded'),
    output_truncated: outcome.outputTruncated,
    ...(session && { session_id: session.id, session_reset: session.reset }),
  };
  const content: ContentBlock[] = [
    { type: 'text', text: asText(outcome, error, session) },
    ...artifacts.map(({ block }) => block),
  ];
  return { content, structuredContent, ...(error && { isError: true }) };
}

export function faultResult(fault: unknown): CallToolResult {
  const known =
    fault instanceof Fault ? fault : new Fault('ENGINE_FAILED', fault instanceof Error ? fault.message : String(fault));
  const error = {
    code: known.code,
    type: 'Refused',
    message: known.message,
    ...(known.hint !== undefined && { hint: known.hint }),
  };
  const text = `${known.code}: ${known.message}${known.hint === undefined ? '' : `\nhint: ${known.hint}`}`;
  return { content: [{ type: 'text', text }], structuredContent: { success: false, error }, isError: true };
}

function report({ type, message, traceback }: NonNullable<Outcome['error']>): ErrorReport {
  const code = CODES[type] ?? 'PYTHON_ERROR';
  const hint = HINTS[code];
  return { code, type, message, ...(traceback && { traceback }), ...(hint !== undefined && { hint }) };
}

/** The sections that have something in them; plain stdout alone stays plain. */
function asText(outcome: Outcome, error: ErrorReport | undefined, session: SessionState | undefined): string {
  const parts: string[] = [];
  if (outcome.stdout) parts.push(outcome.stdout);
  if (outcome.stderr) parts.push(`[stderr]\n${outcome.stderr}`);
  if (outcome.outputTruncated) parts.push('[output truncated]');
  if (outcome.value !== null) parts.push(`[value] ${outcome.value}`);
  if (error)
    parts.push(
      error.traceback ? error.traceback : '',
      error.code === 'PYTHON_ERROR' ? '' : `[${error.code}] ${error.type}: ${error.message}`,
    );
  if (error?.code === 'PYTHON_ERROR' && !error.traceback) parts.push(`${error.type}: ${error.message}`);
  for (const { path, reason } of outcome.skipped) parts.push(`[file not returned] ${path}: ${reason}`);
  if (outcome.artifacts.length > 0) parts.push(`[files] ${outcome.artifacts.map(({ path }) => path).join(', ')}`);
  if (session?.reset) parts.push(`[session ${session.id} was reset: variables are gone]`);
  return (
    parts
      .filter(Boolean)
      .map((part) => part.replace(/\n+$/, ''))
      .join('\n') || '(no output)'
  );
}

function describeArtifact({ path, content }: Artifact) {
  const ending = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const uri = `artifact:///${path.split('/').map(encodeURIComponent).join('/')}`;
  const image = IMAGES[ending];
  const size = content.length;
  if (image !== undefined && looksLike(image, content)) {
    const block: ContentBlock = { type: 'image', data: content.toString('base64'), mimeType: image, _meta: { path } };
    return { path, uri, size, mime_type: image, block };
  }
  const text = asUtf8(content);
  const mimeType =
    TEXTS[ending] ?? BINARIES[ending] ?? (text === undefined ? 'application/octet-stream' : 'text/plain');
  const resource = text === undefined ? { uri, mimeType, blob: content.toString('base64') } : { uri, mimeType, text };
  const block: ContentBlock = { type: 'resource', resource };
  return { path, uri, size, mime_type: mimeType, block };
}

/** A name alone makes no picture: clients hand images to models, which refuse a request with a broken one. */
function looksLike(mimeType: string, content: Buffer): boolean {
  const head = content.toString('latin1', 0, 12);
  if (mimeType === 'image/png') return head.startsWith('\x89PNG\r\n\x1a\n');
  if (mimeType === 'image/jpeg') return head.startsWith('\xff\xd8\xff');
  if (mimeType === 'image/gif') return head.startsWith('GIF8');
  return head.startsWith('RIFF') && head.slice(8) === 'WEBP';
}

function asUtf8(content: Buffer): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}
