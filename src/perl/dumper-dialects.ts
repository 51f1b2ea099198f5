/** How one generation of CGI::Session, or a script of its own, has Data::Dumper write a session (perl.md 1.1). */
export interface Dialect {
  /** The name of its codec. */
  readonly name: string;
  /** What stands before the value of a new session, and after it. */
  readonly opening: string;
  readonly trailer: string;
  /** The variable that paths begin with; null: whichever the text opens with. */
  readonly variable: string | null;
  /** `{user => 'x'}` (Quotekeys 0): keys that are words of Perl stand bare. */
  readonly bareKeys: boolean;
  /** Purity 1: what is reachable twice is tied by statements after the value. Else a path that Perl reads as undef. */
  readonly ties: boolean;
  /** Blanks and lines between the parts (Indent 1 and 2). */
  readonly blanks: boolean;
  /** Its reader takes one line only, so line feeds in values are escaped. */
  readonly oneLine: boolean;
}

/** CGI::Session 4.20–4.48: `$D = {'k' => 'v'};;$D`. */
export const dialect420: Dialect = {
  name: 'dumper',
  opening: '$D = ',
  trailer: ';;$D',
  variable: '$D',
  bareKeys: false,
  ties: true,
  blanks: false,
  oneLine: false,
};

/** CGI::Session 4.0–4.1x: `$D = {k => 'v'};`. */
export const dialect40: Dialect = {
  ...dialect420,
  name: 'dumper-4.0',
  trailer: ';',
  bareKeys: true,
  ties: false,
};

/** CGI::Session 3.x: `{k => 'v'}`. */
export const dialect3: Dialect = {
  ...dialect40,
  name: 'dumper-3',
  opening: '',
  trailer: '',
  variable: '$data',
  oneLine: true,
};

/** CGI::Session 2.x: `$data = {'k' => 'v'};`. */
export const dialect2: Dialect = {
  ...dialect420,
  name: 'dumper-2',
  opening: '$data = ',
  trailer: ';',
  variable: '$data',
  ties: false,
};

/** Scripts that call Data::Dumper themselves and `eval` what they wrote: `$VAR1 = {⏎  "k" => "v"⏎};⏎`. */
export const dialectOwn: Dialect = {
  ...dialect420,
  name: 'dumper-eval',
  opening: '$VAR1 = ',
  trailer: ';\n',
  variable: null,
  bareKeys: true,
  blanks: true,
};
