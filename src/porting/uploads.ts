import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readFiles, type RequestHead, type SentFile } from '../exchange/form.ts';

/** A file that a visitor has sent, as a port sees it. */
export interface Upload extends SentFile {
  /** Its bytes as a stream, for what takes one. */
  stream(): Readable;
  /** Its bytes as text, one character a byte, as everything else of the request is. */
  text(): string;
  /** Writes it to a file of its own in the system's temporary folder; its path. It is removed when the returned thing is disposed of (`await using`). */
  toFile(): Promise<UploadFile>;
}

/** A file on disk that goes when it is disposed of. */
export interface UploadFile extends AsyncDisposable {
  readonly path: string;
}

/** The files of a request by the name of their field: read once, when somebody asks. */
export function readUploads(head: RequestHead, body: Buffer): (field: string) => Upload[] {
  let files: Upload[] | null = null;
  return (field) => {
    files ??= readFiles(head, body).map(asUpload);
    return files.filter((file) => file.field === field);
  };
}

function asUpload(file: SentFile): Upload {
  return {
    ...file,
    stream: () => Readable.from([file.bytes]),
    text: () => file.bytes.toString('latin1'),
    toFile: async () => {
      const path = join(tmpdir(), `banyan-upload-${randomUUID()}`);
      await writeFile(path, file.bytes, { mode: 0o600, flag: 'wx' });
      return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    },
  };
}
