import { escapeHtml, page } from './html.ts';

export interface Landing {
  readonly name: string;
  readonly url: string;
  readonly paths: readonly string[];
}

export const landingPage = ({ url, paths }: Landing): string =>
  page(
    'Datapresso',
    `<h1>Datapresso</h1><p>One tool plane for agents, at <code>${escapeHtml(url)}</code>.</p>` +
      `<p><a href="/docs">API</a> · <a href="/health">health</a> · <a href="/ready">ready</a></p>` +
      `<pre>${paths.map(escapeHtml).join('\n')}</pre>`,
  );
