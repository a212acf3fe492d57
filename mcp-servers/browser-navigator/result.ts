import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server';
import { bounded } from './actions/bounded.ts';
import { Fault } from './faults.ts';
import type { Session } from './session.ts';

const TITLE_SECONDS = 2;
const MAX_TITLE = 500;
const MAX_URL = 2000;

/** Where the session stands, then what the tool brings: the same first lines in every answer. */
export async function pageResult(
  session: Session,
  more: { fields?: Record<string, unknown>; text?: string; image?: Buffer } = {},
): Promise<CallToolResult> {
  const page = session.page;
  const url = page.url().slice(0, MAX_URL);
  const title = (await bounded(page.title(), TITLE_SECONDS).catch(() => '')).slice(0, MAX_TITLE);
  const { notes } = session;
  const lines = [
    `session_id: ${session.id}`,
    `url: ${url}`,
    `title: ${title.replaceAll(/\s+/g, ' ')}`,
    ...Object.entries(more.fields ?? {}).flatMap(([name, value]) =>
      typeof value === 'object' || name === 'text' ? [] : [`${name}: ${value}`],
    ),
    ...notes.map((note) => `note: ${note}`),
  ];
  const content: ContentBlock[] = [
    { type: 'text', text: `${lines.join('\n')}${more.text === undefined ? '' : `\n\n${more.text}`}` },
  ];
  if (more.image) content.push({ type: 'image', data: more.image.toString('base64'), mimeType: 'image/png' });
  const structuredContent = { success: true, error: null, session_id: session.id, url, title, notes, ...more.fields };
  return { content, structuredContent };
}

export function faultResult(fault: unknown, session?: string, notes: readonly string[] = []): CallToolResult {
  const known = fault instanceof Fault ? fault : new Fault('BROWSER_FAILED', firstLine(fault));
  const error = {
    code: known.code,
    message: known.message,
    ...(known.hint !== undefined && { hint: known.hint }),
  };
  const lines = [
    `${known.code}: ${known.message}`,
    ...(known.hint === undefined ? [] : [`hint: ${known.hint}`]),
    ...notes.map((note) => `note: ${note}`),
  ];
  const structuredContent = { success: false, error, notes, ...(session !== undefined && { session_id: session }) };
  return { content: [{ type: 'text', text: lines.join('\n') }], structuredContent, isError: true };
}

/** Playwright adds its log below. */
const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
