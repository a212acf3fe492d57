import { definePlugin } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { Access } from './access.ts';
import { AUTH } from './api.ts';
import { Audit } from './audit.ts';
import { CONFIG } from './config.ts';
import { ApiKeys } from './keys.ts';
import { AccessTokens } from './tokens.ts';

export default definePlugin({
  name: 'auth',
  summary: 'Says who calls and what they may do: API keys, OAuth 2.1 access tokens, scopes, and the audit log.',
  config: CONFIG,
  optional: { storage: STORAGE },
  provides: { auth: AUTH },
  create: ({ config, storage, log, signal, defer }) => {
    const keys = new ApiKeys(config.keys, config.keysFile, log);
    const tokens = config.oauth.issuer === '' ? undefined : new AccessTokens(config.oauth, signal);
    const required = config.required === 'always' || keys.configured || tokens !== undefined;
    const audit = new Audit(storage, config.audit, log);
    return {
      auth: new Access(required, keys, tokens, audit),
      start: async () => {
        await keys.start(defer);
        await audit.start(signal);
      },
      health: () => ({ ok: true, detail: { required, keys: keys.count, issuer: config.oauth.issuer || null } }),
    };
  },
});
