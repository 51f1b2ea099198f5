import mysql from 'mysql2'; // a CommonJS module: Node finds no names in it

/**
 * A collation of a character set, as mysql2 wants one to begin a connection with: any will do, for it is the character
 * set that decides what bytes go over the wire. Throws RangeError for a character set that mysql2 does not know.
 */
export function collationOf(charset: string): string {
  const set = (charset === 'utf8mb3' ? 'utf8' : charset).toUpperCase(); // MariaDB's and MySQL 8's name for what was utf8
  const known = Object.keys(mysql.Charsets);
  const found =
    known.find((name) => name === `${set}_GENERAL_CI`) ??
    known.find((name) => name === set || name.startsWith(`${set}_`));
  if (found === undefined) throw new RangeError(`there is no character set "${charset}"`);
  return found;
}
