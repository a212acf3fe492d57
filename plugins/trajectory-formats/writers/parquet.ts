import { fault } from '#kernel';
import type { ImportedRun, RunWriter } from '../api.ts';
import { WholeFile } from './whole-file.ts';

/** A row group is kept in memory until it is complete: as many rows, or as many characters. */
const ROWS = 1000;
const CHARACTERS = 32_000_000;

const COLUMNS = [
  ['id', 'STRING', (run) => run.id],
  ['key', 'STRING', (run) => run.key],
  ['format', 'STRING', (run) => run.format],
  ['task', 'STRING', (run) => run.task],
  ['request', 'STRING', (run) => run.request],
  ['success', 'BOOLEAN', (run) => run.outcome.success],
  ['score', 'DOUBLE', (run) => run.outcome.score],
  ['model', 'STRING', (run) => run.model],
  ['agent', 'STRING', (run) => run.agent],
  ['tools', 'STRING', (run) => JSON.stringify(toolsOf(run))],
  ['steps', 'INT32', (run) => run.counts.steps],
  ['messages', 'STRING', (run) => JSON.stringify(run.messages)],
] as const satisfies readonly (readonly [string, string, (run: ImportedRun) => unknown])[];

/** Apache Parquet, a row a run. `tools` (names, in order of their first use) and `messages` are JSON as text. */
export async function parquetWriter(path: string): Promise<RunWriter> {
  // Only who exports to it pays for the package.
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const columnData = (rows: readonly (readonly unknown[])[]) =>
    COLUMNS.map(([name, type], at) => ({
      name,
      type,
      data: rows.map((row) => row[at]),
      // What sorts first among conversations tells nobody anything.
      statistics: name !== 'messages' && name !== 'request',
    }));
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: columnData([]) }),
    createdBy: 'datapresso',
  });
  const file = await WholeFile.create(path);
  let group: (readonly unknown[])[] = [];
  let size = 0;
  let open = true;
  const flush = async (): Promise<void> => {
    if (group.length > 0) await parquet.write({ columnData: columnData(group), rowGroupSize: group.length });
    group = [];
    size = 0;
    await empty();
  };
  const empty = async (): Promise<void> => {
    await file.write(bytes.getBytes());
    // The place in the file goes on, the buffer begins anew.
    bytes.index = 0;
  };
  return {
    async write(run) {
      if (!open) throw fault('WRITER_CLOSED', `${path} is written already`, { kind: 'conflict' });
      const row = COLUMNS.map(([, , value]) => value(run) ?? null);
      group.push(row);
      for (const value of row) if (typeof value === 'string') size += value.length;
      if (group.length >= ROWS || size >= CHARACTERS) await flush();
    },
    async close() {
      if (!open) return;
      open = false;
      try {
        await flush();
        await parquet.finish();
        await empty();
        await file.close();
      } finally {
        await file.abandon();
      }
    },
    abandon() {
      open = false;
      return file.abandon();
    },
  };
}

function toolsOf({ messages }: ImportedRun): readonly string[] {
  const tools = new Set<string>();
  for (const { calls, demo } of messages)
    for (const { tool, lookup } of (!demo && calls) || [])
      if (!lookup) tools.add(tool.server === undefined ? tool.name : `${tool.server}/${tool.name}`);
  return [...tools];
}
