import path from 'node:path';
import { fault } from '#kernel';
import type { SkillsConfig } from '../config.ts';

/** Where a skill comes from. `inside` names the folder in it, where there are several. */
export type Source =
  | { readonly kind: 'git'; readonly url: string; readonly protocol: string; readonly inside: string | undefined }
  | { readonly kind: 'zip' | 'tar'; readonly file: string; readonly inside: string | undefined }
  | { readonly kind: 'folder'; readonly folder: string };

const ADDRESS = /^(?:git\+)?([a-z][a-z0-9+.-]*):\/\/([^\s#]+)(?:#(.*))?$/i;
/** `git@host:path`, which git takes for ssh. */
const SCP = /^([\w.-]+@[\w.-]+):(?!\/\/)([^\s#]+)(?:#(.*))?$/;
const ARCHIVE = /^(.+?\.(zip|tgz|tar\.gz))(?:#(.*))?$/i;

export function sourceOf(given: string, { git }: SkillsConfig['install']): Source {
  const refuse = (why: string, hint: string) => fault('SKILL_SOURCE_REFUSED', why, { kind: 'forbidden', hint });
  if (given === '' || given.includes('\0') || given.length > 2_000)
    throw refuse('a source has 1 to 2,000 characters', 'give a folder, an archive or a git address');
  const address = ADDRESS.exec(given);
  const scp = SCP.exec(given);
  if (address !== null || scp !== null) {
    const protocol = address === null ? 'ssh' : address[1]!.toLowerCase().replace(/^git\+/, '');
    if (!git.some((each) => each === protocol))
      throw refuse(
        `git addresses of the protocol "${protocol}" are not allowed`,
        `install.git allows: ${git.join(', ') || 'none'}`,
      );
    const url = address === null ? `ssh://${scp![1]}/${scp![2]}` : `${protocol}://${address[2]}`;
    if (protocol !== 'file' && ARCHIVE.test(url))
      throw refuse('archives are not fetched from the network', 'download it, look at it, and give the file');
    // Programs that git starts would take it for an option.
    if (/^[a-z]+:\/\/(?:[^@/]*@)?-/i.test(url))
      throw refuse('the host must not begin with a hyphen', 'mend the address');
    return { kind: 'git', url, protocol, inside: (address ?? scp!)[3] };
  }
  const archive = ARCHIVE.exec(given);
  if (archive !== null)
    return {
      kind: /zip$/i.test(archive[2]!) ? 'zip' : 'tar',
      file: path.resolve(archive[1]!),
      inside: archive[3],
    };
  return { kind: 'folder', folder: path.resolve(given) };
}

/** What may stand in an address before its host is nobody's business. */
export const shownSource = (text: string): string => text.replace(/\/\/[^/@\s]*@/g, '//***@');
