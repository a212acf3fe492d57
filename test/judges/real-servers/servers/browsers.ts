import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RealServer } from '../real-server.ts';

const PAGE = `data:text/html,${encodeURIComponent(
  '<title>Fixture</title><h1>Hello</h1><button onclick="document.title=\'clicked\'">Press</button>',
)}`;

/** Where the playwright that mcp-mermaid brings looks for its browser, below the home folder. */
const MERMAID_BROWSER =
  '.cache/ms-playwright/chromium_headless_shell-1255/chrome-headless-shell-linux64/chrome-headless-shell';

/** Servers by others that drive a browser. */
export const BROWSER_SERVERS: RealServer[] = [
  {
    id: 'playwright',
    package: '@playwright/mcp',
    bin: 'cli.js',
    tools: 25,
    needs: ['chromium'],
    args: ({ services }) => [
      ...['--headless', '--isolated', '--no-sandbox', '--browser', 'chromium'],
      ...['--executable-path', services.chromium ?? ''],
    ],
    calls: () => [
      { tool: 'browser_navigate', args: { url: PAGE } },
      { tool: 'browser_snapshot', args: {} },
      { tool: 'browser_click', args: { element: 'the button', target: 'button' } },
      { tool: 'browser_evaluate', args: { function: '() => document.title + 6 * 7' } },
      { tool: 'browser_click', args: { element: 'nothing', target: '#missing' } },
      { tool: 'browser_close', args: {} },
    ],
    varies: [[/(page|console)-[\dT:.-]+Z?\.(yml|log|txt)/g, '$1-<time>.$2']],
  },
  {
    id: 'chrome-devtools',
    package: 'chrome-devtools-mcp',
    bin: 'build/src/bin/chrome-devtools-mcp.js',
    tools: 32,
    needs: ['chromium'],
    args: ({ services }) => [
      ...['--headless', '--isolated', '--executablePath', services.chromium ?? '', '--chromeArg=--no-sandbox'],
      ...['--no-usage-statistics', '--no-performance-crux'],
    ],
    calls: () => [
      { tool: 'new_page', args: { url: PAGE } },
      { tool: 'take_snapshot', args: { pageId: 2 } },
      { tool: 'evaluate_script', args: { pageId: 2, function: '() => 6 * 7' } },
      { tool: 'list_pages', args: {} },
      { tool: 'close_page', args: { pageId: 99 } },
    ],
  },
  {
    id: 'mermaid',
    package: 'mcp-mermaid',
    bin: 'build/index.js',
    tools: 1,
    needs: ['chromium'],
    prepare: async ({ dir, services }) => {
      const browser = join(dir, '.home', MERMAID_BROWSER);
      await mkdir(dirname(browser), { recursive: true });
      await writeFile(browser, `#!/bin/sh\nexec ${services.chromium} "$@"\n`);
      await chmod(browser, 0o755);
    },
    calls: () => [
      { tool: 'generate_mermaid_diagram', args: { mermaid: 'graph TD;\nA[开始]-->B;', outputType: 'svg' } },
      { tool: 'generate_mermaid_diagram', args: { mermaid: 'graph TD;\nA-->B;', outputType: 'mermaid' } },
      { tool: 'generate_mermaid_diagram', args: { mermaid: 'no diagram at all', outputType: 'svg' } },
    ],
  },
];
