import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealServer } from '../real-server.ts';

// Every date is fixed, so that two runs make the same commit.
const GIT_DATE = '2026-01-02T03:04:05+00:00';
const GIT_CONFIG = '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n';

/** Small files that the calls want to find, kept as files because they are binary. */
const FILES = join(import.meta.dirname, '../files');

/** Servers by others that work on files in their folder, or on nothing. */
export const FILE_SERVERS: RealServer[] = [
  {
    id: 'eslint',
    package: '@eslint/mcp',
    bin: 'src/mcp-cli.js',
    tools: 1,
    needs: [],
    prepare: async ({ dir }) => {
      const rules = "{ 'no-unused-vars': 'error', eqeqeq: 'warn' }";
      await writeFile(join(dir, 'eslint.config.mjs'), `export default [{ rules: ${rules} }];\n`);
      await writeFile(join(dir, 'bad.js'), 'const unused = 1;\nif (a == 2) { b(); }\n');
      await writeFile(join(dir, 'good.js'), 'export const two = 2;\n');
    },
    calls: ({ dir }) => [
      { tool: 'lint-files', args: { filePaths: [join(dir, 'bad.js')] } },
      { tool: 'lint-files', args: { filePaths: [join(dir, 'good.js')] } },
    ],
  },
  {
    id: 'sqlite',
    package: 'mcp-sqlite-tools',
    bin: 'dist/index.js',
    tools: 22,
    needs: [],
    calls: ({ dir }) => [
      { tool: 'create_database', args: { path: join(dir, 'shop.db') } },
      {
        tool: 'execute_schema_query',
        args: { query: 'create table item (id integer primary key, name text, n integer)' },
      },
      {
        tool: 'bulk_insert',
        args: {
          table: 'item',
          data: [
            { id: 1, name: 'a', n: 1 },
            { id: 2, name: '乙', n: 2 },
          ],
        },
      },
      { tool: 'execute_read_query', args: { query: 'select sum(n) as total, count(*) as rows from item' } },
      { tool: 'list_tables', args: {} },
      { tool: 'describe_table', args: { table: 'item' } },
      { tool: 'execute_read_query', args: { query: 'select * from missing' } },
      { tool: 'export_schema', args: {} },
    ],
    varies: [
      [/("?(?:executionTime|total_time|query_time|elapsed)\w*"?: )[\d.]+/g, '$1<ms>'],
      [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
    ],
  },
  {
    id: 'git',
    package: '@cyanheads/git-mcp-server',
    bin: 'dist/index.js',
    tools: 28,
    needs: [],
    prepare: async ({ dir }) => {
      await mkdir(join(dir, 'repo'), { recursive: true });
      await writeFile(join(dir, 'repo/read.me'), 'one\ntwo\n');
      await writeFile(join(dir, '.home/.gitconfig'), GIT_CONFIG);
    },
    env: ({ dir }) => ({
      GIT_AUTHOR_DATE: GIT_DATE,
      GIT_COMMITTER_DATE: GIT_DATE,
      GIT_SIGN_COMMITS: 'false',
      LOGS_DIR: join(dir, '.home/logs'),
      MCP_LOG_LEVEL: 'error',
    }),
    calls: ({ dir }) => {
      const path = join(dir, 'repo');
      return [
        { tool: 'git_init', args: { path } },
        { tool: 'git_status', args: { path } },
        { tool: 'git_add', args: { path, paths: ['read.me'] } },
        { tool: 'git_commit', args: { path, message: 'First commit' } },
        { tool: 'git_log', args: { path } },
        { tool: 'git_branch', args: { path, mode: 'create', branchName: 'next' } },
        { tool: 'git_status', args: { path: join(dir, 'no-such-folder') } },
      ];
    },
    varies: [
      [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
      [/("?(?:requestId|request_id|timestamp)"?: ?)"[^"]*"/g, '$1"<id>"'],
    ],
  },
  {
    id: 'calculator',
    package: '@wrtnlabs/calculator-mcp',
    bin: 'bin/index.js',
    tools: 6,
    needs: [],
    calls: () => [
      { tool: 'mul', args: { a: 6, b: 7 } },
      { tool: 'add', args: { a: 0.1, b: 0.2 } },
      { tool: 'div', args: { a: 1, b: 0 } },
      { tool: 'mod', args: { a: 17, b: 5 } },
      { tool: 'sqrt', args: { a: 2 } },
    ],
  },
  {
    id: 'excel',
    package: '@negokaz/excel-mcp-server',
    bin: 'dist/launcher.js',
    tools: 6,
    needs: [],
    prepare: ({ dir }) => copyFile(join(FILES, 'empty.xlsx'), join(dir, 'book.xlsx')),
    calls: ({ dir }) => {
      const fileAbsolutePath = join(dir, 'book.xlsx');
      const sheet = { fileAbsolutePath, sheetName: 'Data' };
      return [
        {
          tool: 'excel_write_to_sheet',
          args: {
            ...sheet,
            newSheet: true,
            range: 'A1:B2',
            values: [
              ['n', 'times 42'],
              [1, '=A2*42'],
            ],
          },
        },
        { tool: 'excel_describe_sheets', args: { fileAbsolutePath } },
        { tool: 'excel_read_sheet', args: { ...sheet, range: 'A1:B2' } },
        { tool: 'excel_read_sheet', args: { ...sheet, range: 'A1:B2', showFormula: true } },
        { tool: 'excel_copy_sheet', args: { fileAbsolutePath, srcSheetName: 'Data', dstSheetName: '副本' } },
        { tool: 'excel_describe_sheets', args: { fileAbsolutePath: join(dir, 'missing.xlsx') } },
      ];
    },
  },
  {
    id: 'pdf-reader',
    package: '@sylphlab/pdf-reader-mcp',
    bin: 'dist/src/index.js',
    tools: 1,
    needs: [],
    prepare: ({ dir }) => copyFile(join(FILES, 'hello.pdf'), join(dir, 'hello.pdf')),
    calls: () => [
      { tool: 'read_pdf', args: { sources: [{ path: 'hello.pdf' }], include_full_text: true } },
      { tool: 'read_pdf', args: { sources: [{ path: '../../outside.pdf' }] } },
    ],
  },
];
