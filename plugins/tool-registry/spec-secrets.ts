import type { Launch, ServerSpec } from './api.ts';

/** Environment and headers go to a column of their own, so that nobody who reads or copies specs meets them. */
export function splitSecrets(spec: ServerSpec): { readonly text: string; readonly secrets: string } {
  const secrets: Record<string, string>[] = [];
  const launches = spec.launches.map((launch): Launch => {
    if (launch.kind === 'stdio') {
      secrets.push({ ...launch.env });
      return { ...launch, env: {} };
    }
    if ('headers' in launch) {
      secrets.push({ ...launch.headers });
      return { ...launch, headers: {} };
    }
    secrets.push({});
    return launch;
  });
  return { text: JSON.stringify({ ...spec, launches }), secrets: JSON.stringify(secrets) };
}

export function joinSecrets(text: string, secretsText: string): ServerSpec {
  const spec = JSON.parse(text) as ServerSpec;
  const secrets = JSON.parse(secretsText) as Record<string, string>[];
  const launches = spec.launches.map((launch, index): Launch => {
    if (launch.kind === 'stdio') return { ...launch, env: secrets[index] ?? {} };
    return 'headers' in launch ? { ...launch, headers: secrets[index] ?? {} } : launch;
  });
  return { ...spec, launches };
}
