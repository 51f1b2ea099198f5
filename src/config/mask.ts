/**
 * Hides the passwords of URLs before a text is shown. Both forms are hidden: `://user:password@host`, and a
 * `://user:password` whose host was forgotten. Rather too much is hidden than too little: `http://host:8080` stays.
 */
export function maskSecrets(text: string): string {
  return pieces(text)
    .map((piece) => (piece.secret ? '***' : piece.text))
    .join('');
}

/** Where a column (from 0) of a line stands once the line is masked; inside a password it is the start of the mask. */
export function maskedColumn(line: string, column: number): number {
  let from = 0;
  let shown = 0;
  for (const piece of pieces(line)) {
    if (column < from + piece.text.length) return piece.secret ? shown : shown + column - from;
    from += piece.text.length;
    shown += piece.secret ? 3 : piece.text.length;
  }
  return shown;
}

interface Piece {
  readonly text: string;
  readonly secret: boolean;
}

/** A user, a colon, then either anything up to the last @ of the word, or anything that is no TCP port. */
const password = /(?<=:\/\/[^\s:/@[]*:)(?:\S+(?=@)|(?!\d{1,5}(?:[/?#"'\s,}\]]|$))[^\s"']+)/g;

function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(password)) {
    found.push({ text: text.slice(from, match.index), secret: false }, { text: match[0], secret: true });
    from = match.index + match[0].length;
  }
  return [...found, { text: text.slice(from), secret: false }];
}
