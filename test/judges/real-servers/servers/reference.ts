import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealServer } from '../real-server.ts';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

/** The servers that the protocol's own project publishes. */
export const REFERENCE_SERVERS: RealServer[] = [
  {
    id: 'everything',
    package: '@modelcontextprotocol/server-everything',
    bin: 'dist/index.js',
    tools: 13,
    needs: [],
    calls: () => [
      { tool: 'get-sum', args: { a: 2, b: 40 } },
      { tool: 'echo', args: { message: 'naïve 世界 \u{1F600} "quoted"\n\ttab' } },
      { tool: 'get-tiny-image', args: {} },
      { tool: 'get-structured-content', args: { location: 'Chicago' } },
      { tool: 'get-annotated-message', args: { messageType: 'error', includeImage: true } },
      { tool: 'get-resource-links', args: { count: 3 } },
      { tool: 'get-resource-reference', args: { resourceType: 'Blob', resourceId: 2 } },
      { tool: 'trigger-long-running-operation', args: { duration: 0.3, steps: 3 } },
    ],
    // Resources carry the time of day, and the blob carries it in base64.
    varies: [
      [/\d{1,2}:\d\d:\d\d [AP]M/g, '<time>'],
      [/^UmVzb3VyY2Ug[\w+/=]+$/, '<blob>'],
    ],
  },
  {
    id: 'filesystem',
    package: '@modelcontextprotocol/server-filesystem',
    bin: 'dist/index.js',
    tools: 14,
    needs: [],
    prepare: async ({ dir }) => {
      await mkdir(join(dir, 'files/sub'), { recursive: true });
      await writeFile(join(dir, 'files/pixel.png'), Buffer.from(PIXEL, 'base64'));
    },
    args: ({ dir }) => [join(dir, 'files')],
    calls: ({ dir }) => {
      const path = (name: string) => join(dir, 'files', name);
      return [
        { tool: 'list_allowed_directories', args: {} },
        { tool: 'write_file', args: { path: path('中文.txt'), content: '第一行\n第二行\n' } },
        { tool: 'read_text_file', args: { path: path('中文.txt') } },
        { tool: 'edit_file', args: { path: path('中文.txt'), edits: [{ oldText: '第一行', newText: 'line one' }] } },
        { tool: 'read_multiple_files', args: { paths: [path('中文.txt'), path('missing.txt')] } },
        { tool: 'read_media_file', args: { path: path('pixel.png') } },
        { tool: 'move_file', args: { source: path('中文.txt'), destination: path('sub/moved.txt') } },
        { tool: 'directory_tree', args: { path: path('') } },
        { tool: 'search_files', args: { path: path(''), pattern: '**/*.txt' } },
        { tool: 'get_file_info', args: { path: path('pixel.png') } },
        { tool: 'read_text_file', args: { path: '/etc/passwd' } },
        { tool: 'read_text_file', args: { path: path('missing.txt') } },
      ];
    },
    varies: [[/(created|modified|accessed): .*/g, '$1: <time>']],
  },
  {
    id: 'memory',
    package: '@modelcontextprotocol/server-memory',
    bin: 'dist/index.js',
    tools: 9,
    needs: [],
    env: ({ dir }) => ({ MEMORY_FILE_PATH: join(dir, 'memory.jsonl') }),
    calls: () => [
      {
        tool: 'create_entities',
        args: {
          entities: [
            { name: 'Ada', entityType: 'person', observations: ['wrote the first program'] },
            { name: '图灵', entityType: 'person', observations: ['可计算性'] },
          ],
        },
      },
      { tool: 'create_relations', args: { relations: [{ from: 'Ada', to: '图灵', relationType: 'inspired' }] } },
      { tool: 'add_observations', args: { observations: [{ entityName: 'Ada', contents: ['born 1815'] }] } },
      { tool: 'search_nodes', args: { query: 'program' } },
      { tool: 'open_nodes', args: { names: ['图灵'] } },
      { tool: 'add_observations', args: { observations: [{ entityName: 'Nobody', contents: ['x'] }] } },
      { tool: 'delete_entities', args: { entityNames: ['Ada'] } },
      { tool: 'read_graph', args: {} },
    ],
  },
  {
    id: 'sequential-thinking',
    package: '@modelcontextprotocol/server-sequential-thinking',
    bin: 'dist/index.js',
    tools: 1,
    needs: [],
    calls: () => [
      {
        tool: 'sequentialthinking',
        args: { thought: 'First', nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 2 },
      },
      {
        tool: 'sequentialthinking',
        args: { thought: 'Second', nextThoughtNeeded: false, thoughtNumber: 2, totalThoughts: 2 },
      },
    ],
  },
  {
    id: 'redis',
    package: '@modelcontextprotocol/server-redis',
    bin: 'dist/index.js',
    tools: 4,
    needs: ['redis'],
    args: ({ services }) => [services.redis ?? ''],
    calls: () => [
      { tool: 'set', args: { key: 'k1', value: 'v42' } },
      { tool: 'get', args: { key: 'k1' } },
      { tool: 'set', args: { key: 'k2', value: '值', expireSeconds: 600 } },
      { tool: 'list', args: { pattern: 'k1*' } },
      { tool: 'delete', args: { key: 'k1' } },
      { tool: 'get', args: { key: 'k1' } },
    ],
  },
  {
    id: 'postgres',
    package: '@modelcontextprotocol/server-postgres',
    bin: 'dist/index.js',
    tools: 1,
    needs: ['postgres'],
    args: ({ services }) => [services.postgres ?? ''],
    calls: () => [
      { tool: 'query', args: { sql: "select 6 * 7 as answer, '世界' as word, null as nothing" } },
      { tool: 'query', args: { sql: 'select generate_series(1, 5) as n' } },
      { tool: 'query', args: { sql: 'create table refused (id int)' } },
      { tool: 'query', args: { sql: 'selekt 1' } },
    ],
  },
];
