/** Where scripts and files are on this machine, and how they are run: an upstream without a server of its own. */
export interface CgiSettings {
  /** The folder of the scripts; absolute. */
  readonly scriptsFolder: string;
  /** Where it stands in URLs: `/cgi-bin/`. */
  readonly scriptsAt: string;
  /** The folder of everything else, or null where there is none; absolute. */
  readonly documentRoot: string | null;
  /** Names of index files of folders, or paths such as /cgi-bin/index.pl. */
  readonly index: readonly string[];
  /** `fork`: Perl scripts run in children of a perl that has read their modules; `spawn`: each in a perl of its own. */
  readonly perl: 'fork' | 'spawn';
  /** Modules to read before the fork, such as CGI::Session. */
  readonly preload: readonly string[];
  /** Whether modules of Perl's own folders that scripts turn out to use are read before the fork, too. */
  readonly learns: boolean;
  /** Folders of the site's own modules, where any of those are to be read before the fork; absolute. */
  readonly libraries: readonly string[];
  /** Perl scripts that are compiled once and stay in memory, relative to the folder. */
  readonly persistent: readonly string[];
  /** What those may leave in variables all the same: `$dbh`, `%Shop::conf`. */
  readonly mayLeave: readonly string[];
  /** The charset that HTML files are said to be in, or null. */
  readonly charset: string | null;
  /** Variables of the gateway's own environment that scripts are given. */
  readonly passedVariables: readonly string[];
  /** Programs that may run scripts, as absolute paths; null: those in /bin, /usr/bin and /usr/local/bin. */
  readonly interpreters: readonly string[] | null;
  /** After this a script is told to end, and ended three seconds later. */
  readonly runMs: number;
  /** A script that prints more is ended. */
  readonly outputBytes: number;
}
