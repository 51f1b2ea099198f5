import process from 'node:process';
import { asProblem } from '../errors.ts';
import { requestOfPort } from './work.ts';

/**
 * From now on a promise that nobody waited for, and that fails, costs the request it belongs to and not the process in
 * which it runs beside others. What belongs to no request ends the process, as Node has it.
 */
export function lostPromisesCostTheirRequest(): void {
  process.on('unhandledRejection', (reason) => {
    const request = requestOfPort();
    if (request === null) throw reason;
    request.fail(asProblem(reason, 'PORT_FAILED'));
  });
}
