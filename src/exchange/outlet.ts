/** Where the body of an answer goes to its client, at the client's pace. */
export interface Outlet {
  /** Takes a piece. Returns false to be given no more until its maker is told to resume. */
  write(chunk: Buffer): boolean;
  /** The body is complete. Calls back once: when nothing of it waits here any more, or the client has left. */
  end(done: () => void): void;
}
