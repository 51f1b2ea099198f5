/** What the author of a port imports. Nothing else of banyan is public. */
export { definePort } from './porting/define.ts';
export type {
  Context,
  Database,
  Port,
  PortAnswer,
  PortHandler,
  PortLog,
  PortOptions,
  PortRequest,
} from './porting/define.ts';
export { escapeHtml, file, html, json, redirect, stream, text, trustedHtml } from './porting/answers.ts';
export type { AnswerOptions, Html, HtmlPart } from './porting/answers.ts';
export * as perl from './porting/perl.ts';
export type { PerlScalar } from './porting/perl.ts';
export type { Upload, UploadFile } from './porting/uploads.ts';
export type { Params } from './exchange/params.ts';
export type { Draft } from './session/draft.ts';
export type { Opaque, SessionValue } from './session/session.ts';
export type { QueryResult } from './session/store.ts';
export type { SessionShape, Shaped, ShapedDraft, StandardSchema } from './porting/shape.ts';
