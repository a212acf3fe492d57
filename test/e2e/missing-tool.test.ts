import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KernelProcess, startKernelProcess } from '../support/boot-kernel.ts';
import { sandboxMissing } from '../support/sandbox.ts';
import { rest } from './provisioned-server.ts';

/** No address answers there: what the server needs after a restart must be on this machine. */
const NOWHERE = 'http://127.0.0.1:9/';
const PIPELINE = resolve(import.meta.dirname, '../../pipelines/server.yaml');

/** The server edits workbooks and makes none: this program prints one with the sheet Sums, in base64. */
const EMPTY_WORKBOOK = `
import base64, io, zipfile
main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
package = 'http://schemas.openxmlformats.org/package/2006'
kind = 'application/vnd.openxmlformats-officedocument.spreadsheetml.'
def link(of, to): return f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/{of}" Target="{to}"/></Relationships>'
files = {
  '[Content_Types].xml': f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}sheet.main+xml"/><Override PartName="/xl/sheet.xml" ContentType="{kind}worksheet+xml"/></Types>',
  '_rels/.rels': link('officeDocument', 'xl/workbook.xml'),
  'xl/workbook.xml': f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Sums" sheetId="1" r:id="r1"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': link('worksheet', 'sheet.xml'),
  'xl/sheet.xml': f'<worksheet xmlns="{main}"><dimension ref="A1"/><sheetData/></worksheet>',
}
out = io.BytesIO()
with zipfile.ZipFile(out, 'w') as archive:
  for name, text in files.items(): archive.writestr(name, text)
print(base64.b64encode(out.getvalue()).decode())
`;

/** Real servers from the npm registry, as the catalog that ships knows them. */
describe.skipIf(sandboxMissing('the installation of real servers'))('a need told in words', () => {
  let folder: string;
  let kernel: KernelProcess;
  let server: { readonly url: string };

  const start = async (env: Readonly<Record<string, string>> = {}) => {
    kernel = await startKernelProcess(PIPELINE, {
      cwd: folder,
      env: { PORT: '0', DATA_DIR: join(folder, 'data'), MCP_CONFIG: join(folder, 'mcp.json'), ...env },
    });
    const line = kernel.lines().find(({ plugin, url }) => plugin === 'http' && url !== undefined);
    server = { url: String(line?.url) };
  };
  const request = (task: string) => rest(server, '/tools/request-capability', { task_description: task });
  const call = async (tool: string, parameters: object) => {
    const { body } = await rest(server, `/tools/execute/${tool}`, { parameters });
    expect(body).toMatchObject({ success: true });
    return JSON.stringify(body.output);
  };
  const python = async (code: string): Promise<string> =>
    (await rest(server, '/tools/execute/python-executor', { parameters: { code } })).body.output.stdout;
  /** In its writable folder, as a server sees it. */
  const inside = (file: string): string => `/data/${file}`;

  /** What is made with the new tools, and how it looks then and after a restart. */
  const uses: Readonly<Record<string, { readonly make: () => Promise<void>; readonly look: () => Promise<void> }>> = {
    'draw a diagram': {
      make: async () => {
        const file_path = inside('plan.drawio.svg');
        await call('diagram/new_diagram', { file_path });
        const nodes = [{ id: 'a', title: 'Roof and walls', kind: 'Rectangle', x: 10, y: 10, width: 120, height: 40 }];
        await call('diagram/add_nodes', { file_path, nodes });
      },
      look: async () =>
        expect(await call('diagram/get_diagram_info', { file_path: inside('plan.drawio.svg') })).toContain(
          'Roof and walls',
        ),
    },
    'remember facts as a graph': {
      make: async () => {
        const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote the first program'] }];
        await call('memory/create_entities', { entities });
      },
      look: async () =>
        expect(await call('memory/search_nodes', { query: 'Ada' })).toContain('wrote the first program'),
    },
    'read and write Excel files': {
      make: async () => {
        const workbook = join(folder, 'data/process-runner/data/excel/sums.xlsx');
        writeFileSync(workbook, Buffer.from(await python(EMPTY_WORKBOOK), 'base64'));
        chmodSync(workbook, 0o666);
        await call('excel/excel_write_to_sheet', {
          ...{ fileAbsolutePath: inside('sums.xlsx'), sheetName: 'Sums', newSheet: false },
          ...{ range: 'A1:B1', values: [[6, '=A1*7']] },
        });
      },
      look: async () =>
        expect(
          await call('excel/excel_read_sheet', {
            ...{ fileAbsolutePath: inside('sums.xlsx'), sheetName: 'Sums', range: 'A1:B1' },
          }),
        ).toContain('42'),
    },
    'query SQLite': {
      make: async () => {
        const database = 'shop.db';
        await call('sqlite/create_database', { path: database });
        await call('sqlite/execute_schema_query', { database, query: 'CREATE TABLE sold (price INTEGER)' });
        await call('sqlite/execute_write_query', { database, query: 'INSERT INTO sold VALUES (40), (2)' });
      },
      look: async () => {
        await call('sqlite/open_database', { path: 'shop.db' });
        const query = 'SELECT sum(price) AS total FROM sold';
        expect(await call('sqlite/execute_read_query', { database: 'shop.db', query })).toContain('42');
      },
    },
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'missing-tool-'));
    await start();
  });
  afterAll(async () => {
    await kernel?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [task, { make, look }] of Object.entries(uses))
    test(`${task}: found, installed, sandboxed, called`, async () => {
      expect((await request(task)).body).toMatchObject({ success: true, action_taken: 'installed_new_tools' });
      await make();
      await look();
      const began = performance.now();
      expect((await request(task)).body).toMatchObject({ success: true, action_taken: 'already_available' });
      process.stdout.write(`${task}: answered from what is there in ${(performance.now() - began).toFixed(0)} ms\n`);
    }, 180_000);

  test('after SIGKILL all of them are back, without a network', async () => {
    kernel.child.kill('SIGKILL');
    await kernel.exited;
    const began = performance.now();
    await start({ npm_config_registry: NOWHERE, https_proxy: NOWHERE, http_proxy: NOWHERE });
    const { body } = await rest(server, '/installed');
    process.stdout.write(
      `four installed servers listed ${(performance.now() - began).toFixed(0)} ms after the start\n`,
    );
    expect(body.servers).toHaveLength(4);
    for (const { look } of Object.values(uses)) await look();
  }, 120_000);
});
