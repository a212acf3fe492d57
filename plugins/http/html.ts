const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --ink: #6a7; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; text-transform: capitalize }
p { margin: .4rem 0 } a { color: inherit } code, pre { font: 13px/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .7rem; border-radius: .4rem; overflow: auto; max-height: 24rem }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .35rem 0 }
summary { cursor: pointer; padding: .45rem .7rem; display: flex; gap: .7rem; align-items: baseline; flex-wrap: wrap }
summary span { opacity: .75; font-size: .9rem } details > div { padding: 0 .9rem .7rem }
b.m { font: 600 12px ui-monospace, monospace; min-width: 3.9rem; text-align: center; border-radius: .3rem; padding: .1rem .3rem; background: var(--soft) }
b.get { color: #2a7ae2 } b.post { color: #2c8f4e } b.delete { color: #c93c37 } b.ws { color: #9a5bd0 } b.put, b.patch { color: #b7791f }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td { border-top: 1px solid var(--line); padding: .3rem .5rem; vertical-align: top }
h3 { font-size: .85rem; opacity: .7; margin: .8rem 0 .2rem } i { opacity: .7; font-style: normal; font-size: .8rem }
`;

/** A whole page without scripts, fonts or anything else from elsewhere. */
export const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>`;
