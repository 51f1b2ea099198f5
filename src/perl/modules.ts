import type { SessionFormat, SessionModule } from '../session/module.ts';
import { apacheSession } from './apache-session.ts';
import { cgiSession } from './cgi-session.ts';
import { rowsModule } from './rows.ts';

const modules: Readonly<Record<SessionFormat, SessionModule>> = {
  'cgi-session': cgiSession,
  'apache-session': apacheSession,
  rows: rowsModule,
};

/** What keeps sessions of this format. */
export function moduleCalled(format: SessionFormat): SessionModule {
  return modules[format];
}
