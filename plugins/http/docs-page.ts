import { escapeHtml, page } from './html.ts';
import type { OpenApiDocument, OpenApiOperation } from './openapi.ts';

/** The OpenAPI document for people: one page, readable without scripts. */
export function docsPage(document: OpenApiDocument): string {
  const url = String(document.servers[0]?.url ?? '');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = document.tags.map(({ name }) => {
    const mine = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escapeHtml(name)}</h2>${mine.map(({ path, method, operation }) => section(url, path, method, operation)).join('')}`;
  });
  return page(
    'Datapresso API',
    `<h1>Datapresso API</h1><p>${escapeHtml(url)} · <a href="/docs/openapi.json">OpenAPI 3.1</a> · <a href="/health">health</a></p>` +
      `<p>Failures are problem documents (<code>application/problem+json</code>) with a stable <code>code</code>, a ` +
      `<code>detail</code>, and where it helps a <code>hint</code> and <code>alternatives</code>.</p>${groups.join('')}`,
  );
}

function section(url: string, path: string, method: string, operation: OpenApiOperation): string {
  const socket = operation['x-websocket'] === true;
  const scope = operation['x-scope'];
  const badge = socket ? 'ws' : method;
  return (
    `<details><summary><b class="m ${badge}">${badge.toUpperCase()}</b><code>${escapeHtml(path)}</code><span>${escapeHtml(operation.summary)}</span>` +
    `${typeof scope === 'string' ? `<i>${escapeHtml(scope)}</i>` : ''}</summary><div>` +
    `${operation.description === undefined ? '' : `<p>${escapeHtml(operation.description)}</p>`}` +
    `${parameters(operation)}${body(operation)}${answers(operation)}` +
    `<h3>try</h3><pre>${escapeHtml(example(url, path, method, operation, socket))}</pre></div></details>`
  );
}

function parameters({ parameters: list }: OpenApiOperation): string {
  if (list === undefined) return '';
  const rows = list.map(
    ({ name, in: where, required, schema, description }) =>
      `<tr><td><code>${escapeHtml(name)}</code>${required ? ' *' : ''}</td><td>${where}</td>` +
      `<td>${escapeHtml(description ?? '')}</td><td><code>${escapeHtml(JSON.stringify(schema))}</code></td></tr>`,
  );
  return `<h3>parameters</h3><table>${rows.join('')}</table>`;
}

function body({ requestBody }: OpenApiOperation): string {
  if (requestBody === undefined) return '';
  const [type, media] = Object.entries(requestBody.content)[0] ?? ['', {}];
  const { schema } = media as { schema?: unknown };
  return `<h3>body, ${escapeHtml(type)}${requestBody.required ? '' : ', may be left out'}</h3><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`;
}

function answers({ responses }: OpenApiOperation): string {
  const rows = Object.entries(responses).map(([status, answer]) => {
    const { description } = answer as { description: string };
    return `<tr><td><code>${escapeHtml(status)}</code></td><td>${escapeHtml(description)}</td></tr>`;
  });
  return `<h3>answers</h3><table>${rows.join('')}</table>`;
}

function example(url: string, path: string, method: string, operation: OpenApiOperation, socket: boolean): string {
  if (socket) return `new WebSocket('${url.replace(/^http/, 'ws')}${path}')`;
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  const send = operation.requestBody === undefined ? '' : ` \\\n  -H 'content-type: application/json' -d '{}'`;
  return `curl${verb} '${url}${path}'${send}`;
}
