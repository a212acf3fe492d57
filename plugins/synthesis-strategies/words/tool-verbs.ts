/** What the words in a tool's name say about it. The first word of a name that stands in a list decides. */

const list = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

/** Changes something: these are what a task is about, and what its success is seen by. */
export const EFFECT = list(`
  add allocate amend append apply approve archive assign attach backup ban block book broadcast buy cancel charge checkin checkout
  clear click close commit complete compose configure confirm convert copy create delete deny deploy disable dispatch draft drag draw
  edit editor email enable enroll escalate exchange export fill forward generate grant import insert install invite invoice issue
  join kill label launch lock log make manage merge merger modify mount move mute notify open order pack patch pay pin plot
  post print promote provision publish purchase push put reboot rebook record refund register reject remind remove rename render
  reopen replace reply reschedule reserve reset resize resolve restart restore return revoke rotate save schedule send set share
  ship sign start stop store submit subscribe suspend swap sync tag terminate toggle transfer translate trigger type undo
  uninstall unlock unsubscribe update upgrade upload upsert vote withdraw write`);

/** Only looks, or works something out. */
export const LOOKUP = list(`
  analyze analyse ask browse calc calculate calculator cat check compare compute count current describe detect diff directions download
  estimate evaluate examine explain explore extract fetch filter find geocode get grep head identify info inspect list load locate
  look lookup measure ls monitor navigate parse pick ping preview profile quote query random rank read recommend resolve
  retrieve reverse review route sample scan scrape screenshot scroll search see select show stat stats status suggest summarize
  summarise tail track tree validate verify view visit weather whois`);

/** Runs whatever it is given: its name does not tell whether it changes anything. */
export const RUN = list(
  'bash shell sh zsh terminal exec execute run command cmd process repl ipython python node eval interpreter sql',
);

/** The agent talking to itself. */
export const THINKING = list(
  'think thinking thought plan planning reflect reflection todo todowrite scratchpad sequentialthinking remember memo',
);

/** Ends a run in some harnesses; no tool that a task could expect. */
export const CLOSING = list(
  'submit finish done finalanswer final_answer exit exit_cost attempt_completion complete_task terminate stop_task answer',
);

/** Passes the matter to a person or to somebody else. */
export const HAND_OVER = list('transfer escalate handoff handover human operator');

/** Programs of a command line that only look. */
export const SHELL_LOOKUP = list(`
  awk base64 binwalk cat cd cut df diff dig du echo env exiftool file find find_file goto grep head hexdump history host id jq less ls
  more nl nm nslookup objdump open pdftotext ping printenv ps pwd readelf rg scroll_down scroll_up search_dir search_file sort stat
  strings tail tree tshark type uname uniq wc whereis which whoami xxd`);

/** Programs of a command line that change something by their nature. */
export const SHELL_EFFECT = list(
  'apply_patch chmod chown cp create edit insert ln mkdir mv patch rm rmdir sed tee touch truncate undo_edit unzip write',
);
