/** The words of a text, for tables of cases that hold no space. */
export function words(text: string): string[] {
  return text.split(/[ \n]+/).filter((word) => word !== '');
}
