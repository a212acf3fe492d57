import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PlaneArtifact, PlaneOutcome } from '#plugins/tool-client/api';

/** What came of a call, as the model and the record see it. */
export interface Observation {
  readonly text: string;
  readonly isError: boolean;
  readonly code?: string;
  readonly isInfrastructure?: boolean;
  readonly artifacts: readonly KeptArtifact[];
}
export interface KeptArtifact {
  /** Where it was put; absent where it was too large. */
  readonly file?: string;
  readonly url?: string;
  readonly mediaType: string;
  readonly bytes: number;
}

export const failed = (text: string, code?: string): Observation => ({
  text,
  isError: true,
  artifacts: [],
  ...(code !== undefined && { code }),
});
export const told = (text: string): Observation => ({ text, isError: false, artifacts: [] });

interface Keeping {
  readonly dir: string;
  readonly maxBytes: number;
}

/** The outcome of a tool in words: its text, where its artifacts are, and what may be done about a failure. */
export async function observe(outcome: PlaneOutcome, keeping: Keeping): Promise<Observation> {
  const artifacts = await Promise.all(outcome.artifacts.map((each) => kept(each, keeping)));
  const lines = artifacts.map(({ file, url, mediaType, bytes }) =>
    file === undefined && url === undefined
      ? `[the ${mediaType} of ${bytes} bytes was not kept]`
      : `[the ${mediaType} is at ${file ?? url}]`,
  );
  const also = [
    ...(outcome.code !== undefined ? [`code: ${outcome.code}`] : []),
    ...(outcome.alternatives?.length ? [`there is: ${outcome.alternatives.join(', ')}`] : []),
    ...(outcome.hint !== undefined ? [`hint: ${outcome.hint}`] : []),
  ];
  const text = [readable(outcome.text), ...lines, ...also].filter((each) => each !== '').join('\n');
  return {
    text: text === '' ? '(no output)' : text,
    isError: outcome.isError,
    artifacts,
    ...(outcome.code !== undefined && { code: outcome.code }),
    ...(outcome.isInfrastructure && { isInfrastructure: true }),
  };
}

async function kept(
  { mediaType: said, data, url, bytes }: PlaneArtifact,
  { dir, maxBytes }: Keeping,
): Promise<KeptArtifact> {
  const mediaType = MEDIA_TYPE.test(said) ? said : 'application/octet-stream';
  const about = { mediaType, bytes, ...(url !== undefined && { url }) };
  if (data === undefined || bytes > maxBytes) return about;
  const content = Buffer.from(data, 'base64');
  const name = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const file = path.join(dir, `${name}${EXTENSIONS.get(mediaType) ?? '.bin'}`);
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(file, content);
    return { ...about, file };
  } catch {
    // The call was made, and what it said is worth more than its picture.
    return about;
  }
}

const MEDIA_TYPE = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;
const EXTENSIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'image/png': '.png',
    'image/jpeg': '.jpg',
    'image/gif': '.gif',
    'image/webp': '.webp',
    'image/svg+xml': '.svg',
    'audio/wav': '.wav',
    'audio/mpeg': '.mp3',
    'application/pdf': '.pdf',
    'application/json': '.json',
    'text/plain': '.txt',
    'text/html': '.html',
    'text/csv': '.csv',
  }),
);

const CONTROLS = /[^\P{Cc}\t\n\r]/gu;
const MOSTLY = 0.1;
const LOOKED_AT = 4_096;

/** Bytes that are no text tell a model nothing, and cost it much. */
function readable(text: string): string {
  const head = text.slice(0, LOOKED_AT);
  const strange = (head.match(CONTROLS)?.length ?? 0) + (head.match(/\ufffd/g)?.length ?? 0);
  if (head.length > 0 && strange / head.length > MOSTLY) return `[binary output, ${text.length} characters, not shown]`;
  return text.replace(CONTROLS, '').toWellFormed();
}
