type Rule = { host: string; suffix: boolean; port: string | undefined };

/**
 * Hosts that may have private addresses. A rule is a name, an address or `*.name`, each with or without `:port`. What counts
 * is the host as the page asked for it: a foreign name that resolves to an allowed address stays refused.
 */
export class AllowedHosts {
  readonly #rules: readonly Rule[];

  /** Throws an Error that names the rule that cannot be one. */
  constructor(rules: readonly string[]) {
    this.#rules = rules.map(parseRule);
  }

  has(host: string, port: number): boolean {
    const asked = plainHost(host);
    return this.#rules.some(
      (rule) =>
        (rule.port === undefined || Number(rule.port) === port) &&
        (rule.suffix ? asked.endsWith(`.${rule.host}`) : asked === rule.host),
    );
  }
}

function parseRule(text: string): Rule {
  const suffix = text.startsWith('*.');
  const [, host, port] =
    /^(\[[0-9A-Fa-f:.]+\]|[^:/\s*]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?::(\d{1,5}))?$/.exec(
      suffix ? text.slice(2) : text,
    ) ?? [];
  if (host === undefined)
    throw new Error(`"${text}" is not a host: write name, address or *.name, with or without :port`);
  return { host: plainHost(host), suffix, port };
}

/** As the URL parser writes it, so that every spelling of an address is one; without brackets and trailing dot. */
export function plainHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '');
  try {
    const { hostname } = new URL(`http://${bare.includes(':') ? `[${bare}]` : bare}/`);
    return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  } catch {
    return bare.toLowerCase().replace(/\.$/, '');
  }
}
